import type { Database } from '../../src/connectors/database.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import { maskAccount } from '../shared/maskAccount.ts';
import { isOpenRequest } from './isOpenRequest.ts';
import { hindranceToRetry } from './operatedRequest.ts';
import { readOperatedRequest } from './operatedRequestStore.ts';
import { parkedFailures, parkReasonOf } from './parkedFailures.ts';

/** Which remittances are listed. */
export type DeskSelection = 'all' | 'unfinished' | 'parked' | 'late';

export interface DeskPage {
  readonly which: DeskSelection;
  /** Exclusive lower bound. */
  readonly after: bigint;
  readonly limit: number;
  /** Those that were made before it and have no end are late. */
  readonly lateBefore: Date;
}

type Sheet = { readonly [field: string]: Json };

/** What operators look for. Without names, and with account numbers masked: in the clear they do not leave the store. */
export interface DeskStore {
  /** In the order of their numbers. */
  list(page: DeskPage): Promise<readonly Sheet[]>;
  /** One, with everything that is known of it, and why it would not be tried again (`notTriedAgain`; null: it would be). */
  show(requestId: bigint): Promise<Sheet | undefined>;
}

/** What operators look for, in a database. */
export function deskStore(database: Database): DeskStore {
  return {
    list: async ({ which, after, limit, lateBefore }) => {
      const values = which === 'late' ? [after, limit, lateBefore] : [after, limit];
      const rows = await database.query<{ readonly sheet: Sheet }>({ text: listOf[which], values });
      return rows.map(({ sheet }) => sheet);
    },
    show: async (requestId) => {
      const [row] = await database.query<ShownRow>({ text: show, values: [requestId] });
      if (row === undefined) return undefined;
      const { sheet, from_account, to_account, ...lists } = row;
      const standing = await readOperatedRequest(database, requestId);
      const notTriedAgain = (standing && hindranceToRetry(standing)) ?? null;
      return { ...sheet, notTriedAgain, from: maskAccount(from_account), to: maskAccount(to_account), ...lists };
    },
  };
}

interface ShownRow {
  readonly sheet: Sheet;
  readonly from_account: string;
  readonly to_account: string;
  readonly states: readonly Sheet[];
  readonly records: readonly Sheet[];
  readonly calls: readonly Sheet[];
  readonly failures: readonly Sheet[];
}

const sheet = `jsonb_build_object('number', request.id::text, 'state', state, 'amountMinor', amount_minor::text, 'requestedAt', requested_at,
    'stateSince', state_since, 'failCode', fail_code, 'parkReason', coalesce(request.park_reason, ${parkReasonOf('request.id')})) AS sheet`;

const listWhere = (condition: string): string => `
  SELECT ${sheet} FROM remittance.biz_remittance_requests AS request WHERE id > $1 AND ${condition} ORDER BY id LIMIT $2`;

// A failure waits for a person also where its remittance has its end, or does not say so itself. Each half is a page by its own index.
const parked = `
  (SELECT id FROM remittance.biz_remittance_requests WHERE park_reason IS NOT NULL AND id > $1 ORDER BY id LIMIT $2)
  UNION (SELECT DISTINCT request_id FROM (${parkedFailures}) AS failure WHERE request_id > $1 ORDER BY request_id LIMIT $2)`;

const listOf: Readonly<Record<DeskSelection, string>> = {
  all: listWhere('true'),
  unfinished: listWhere(isOpenRequest('state')),
  parked: listWhere(`id IN (${parked})`),
  late: listWhere(`${isOpenRequest('state')} AND requested_at <= $3`),
};

const listed = (fields: string, from: string, order: string): string =>
  `(SELECT coalesce(json_agg(json_build_object(${fields}) ORDER BY ${order}), '[]') FROM ${from} WHERE request_id = request.id)`;

const failureFields = `'code', code, 'error', error, 'tries', tries, 'failedAt', failed_at, 'nextTryAt', next_try_at, 'parkReason', park_reason, 'endedAt', ended_at`;

const show = `
  SELECT ${sheet}, a.account_number AS from_account, b.account_number AS to_account,
    ${listed(`'state', state, 'at', recorded_at`, 'remittance.biz_remittance_request_records', 'recorded_at, state')} AS states,
    ${listed(
      `'record', kind, 'amountMinor', amount_minor::text, 'debit', debit.kind_of, 'credit', credit.kind_of, 'at', recorded_at`,
      `remittance.kcd_bank_account_records AS record
        JOIN (SELECT id, kind AS kind_of FROM remittance.kcd_bank_accounts) AS debit ON debit.id = debit_account_id
        JOIN (SELECT id, kind AS kind_of FROM remittance.kcd_bank_accounts) AS credit ON credit.id = credit_account_id`,
      'recorded_at, kind',
    )} AS records,
    ${listed(
      `'call', id::text, 'kind', kind, 'seq', seq, 'key', idempotency_key, 'status', status, 'reason', reason, 'tries', tries, 'asks', asks,
      'madeAt', made_at, 'nextAskAt', next_ask_at, 'endedAt', ended_at, 'bookedAt', booked_at`,
      'remittance.bank_call',
      'id',
    )} AS calls,
    (SELECT coalesce(json_agg(json_build_object('step', step, ${failureFields}) ORDER BY failed_at), '[]') FROM (
      SELECT 'deposit' AS step, code, error, tries, failed_at, next_try_at, park_reason, ended_at
      FROM remittance.kcd_bank_account_deposit_failures WHERE request_id = request.id
      UNION ALL SELECT 'withdrawal', code, error, tries, failed_at, next_try_at, park_reason, ended_at
      FROM remittance.kcd_bank_account_withdrawal_failures WHERE request_id = request.id
      UNION ALL SELECT 'call ' || call_id, code, error, tries, failed_at, next_try_at, park_reason, ended_at
      FROM remittance.biz_remittance_request_failures WHERE request_id = request.id
    ) AS failure) AS failures
  FROM remittance.biz_remittance_requests AS request
  JOIN remittance.kcd_bank_accounts AS a ON a.id = from_account_id
  JOIN remittance.kcd_bank_accounts AS b ON b.id = to_account_id
  WHERE request.id = $1`;
