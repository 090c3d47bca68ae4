import { isContradicted } from './contradictionStore.ts';
import type { FailingStep } from './failureStore.ts';

/** Each step has its job: transaction 1, transaction 2, and everything else about calls of banks. */
export type StuckStep = FailingStep;

interface StuckText {
  /** What is due as of $1, or without a failure since before $2, and so lost: `id`. */
  readonly due: string;
  /** Those of $1 that are still stuck, for which their failures say $3 from now on ($2): `id`, `request_id`, `has_ended`. */
  readonly push: string;
}

const isEndedUnbooked = 'call.ended_at IS NOT NULL AND call.booked_at IS NULL';

/** The statements of what is stuck, by step. */
export const stuckText: Readonly<Record<StuckStep, StuckText>> = {
  deposit: {
    due: `
      SELECT call.id FROM remittance.bank_call AS call
      LEFT JOIN remittance.kcd_bank_account_deposit_failures AS failure ON failure.request_id = call.request_id AND failure.ended_at IS NULL
      WHERE ${isEndedUnbooked} AND call.kind = 'MOVE_IN' AND ${isDue('call.ended_at')} AND ${mayGoOn('call.request_id')}`,
    push: push({
      of: `SELECT id, request_id, true AS has_ended FROM remittance.bank_call AS call
        WHERE id = ANY ($1::bigint[]) AND ${isEndedUnbooked} AND kind = 'MOVE_IN' AND ${mayGoOn('call.request_id')}`,
      table: 'remittance.kcd_bank_account_deposit_failures',
      key: 'request_id',
      subject: 'request_id',
    }),
  },
  withdrawal: {
    due: `
      SELECT request.id FROM remittance.biz_remittance_requests AS request
      LEFT JOIN remittance.kcd_bank_account_withdrawal_failures AS failure ON failure.request_id = request.id AND failure.ended_at IS NULL
      WHERE request.state = 'DEPOSITED' AND ${isDue('request.state_since')} AND ${mayGoOn('request.id')}`,
    push: push({
      of: `SELECT id, id AS request_id, false AS has_ended FROM remittance.biz_remittance_requests AS request
        WHERE id = ANY ($1::bigint[]) AND state = 'DEPOSITED' AND ${mayGoOn('request.id')}`,
      table: 'remittance.kcd_bank_account_withdrawal_failures',
      key: 'request_id',
      subject: 'request_id',
    }),
  },
  call: {
    due: `
      SELECT call.id FROM remittance.bank_call AS call
      LEFT JOIN remittance.biz_remittance_request_failures AS failure ON failure.call_id = call.id AND failure.ended_at IS NULL
      WHERE call.status IN ('READY', 'ASKED') AND ${isDue('call.next_ask_at')} AND ${mayGoOn('call.request_id')}
      UNION ALL
      SELECT call.id FROM remittance.bank_call AS call
      LEFT JOIN remittance.biz_remittance_request_failures AS failure ON failure.call_id = call.id AND failure.ended_at IS NULL
      WHERE ${isEndedUnbooked} AND call.kind <> 'MOVE_IN' AND ${isDue('call.ended_at')} AND ${mayGoOn('call.request_id')}`,
    push: push({
      of: `SELECT id, request_id, ended_at IS NOT NULL AS has_ended FROM remittance.bank_call AS call
        WHERE id = ANY ($1::bigint[]) AND (status IN ('READY', 'ASKED') OR (${isEndedUnbooked} AND kind <> 'MOVE_IN'))
          AND ${mayGoOn('call.request_id')}`,
      table: 'remittance.biz_remittance_request_failures',
      key: 'call_id, request_id',
      subject: 'id, request_id',
    }),
  },
};

/** What is held until a person has spoken is not published meanwhile, and is due as soon as they have. */
function mayGoOn(requestId: string): string {
  return `NOT ${isContradicted(requestId)}`;
}

function isDue(since: string): string {
  return `CASE WHEN failure.tries IS NULL THEN ${since} <= $2 ELSE failure.next_try_at <= $1 END`;
}

interface Push {
  readonly of: string;
  readonly table: string;
  /** The columns that name its failure, the key first, and where they come from. */
  readonly key: string;
  readonly subject: string;
}

/** Who works on it holds its lock: it is left alone. */
function push({ of, table, key, subject }: Push): string {
  const [unique = key] = key.split(',');
  const kept = (column: string): string =>
    `${column} = CASE WHEN failure.ended_at IS NULL THEN failure.${column} ELSE EXCLUDED.${column} END`;
  return `
    WITH stuck AS (${of} ORDER BY id FOR NO KEY UPDATE SKIP LOCKED), pushed AS (
      INSERT INTO ${table} AS failure (${key}, code, error, tries, failed_at, next_try_at)
      SELECT ${subject}, 'LOST', 'Nobody has worked on it.', 0, $2::timestamptz, $3::timestamptz FROM stuck
      ON CONFLICT (${unique}) DO UPDATE SET next_try_at = EXCLUDED.next_try_at, ended_at = NULL,
        ${['code', 'error', 'tries', 'failed_at'].map(kept).join(', ')}
      WHERE failure.park_reason IS NULL
      RETURNING ${unique} AS subject
    )
    SELECT id, request_id, has_ended FROM stuck JOIN pushed ON subject = ${subject.split(',')[0]} ORDER BY id`;
}
