import type { Database } from '../../src/connectors/database.ts';
import { codeOf } from '../../src/errors.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import { maskAccount } from '../shared/maskAccount.ts';
import { accountNumberField, ownerOf } from './link.ts';

/** Which links are listed. */
export type LinkSelection = 'all' | 'unfinished' | 'parked' | 'failed';

export interface LinkPage {
  readonly which: LinkSelection;
  /** Only those of an account; undefined: of any. */
  readonly accountId: string | undefined;
  /** Exclusive lower bound. */
  readonly after: bigint;
  readonly limit: number;
}

type Sheet = { readonly [field: string]: Json };

/** What operators look for. Account numbers are masked: in the clear they do not leave the store. */
export interface LinkDeskStore {
  /** In the order of their numbers. */
  list(page: LinkPage): Promise<readonly Sheet[]>;
  /** One, with everything that is known of it. */
  show(linkId: bigint): Promise<Sheet | undefined>;
}

/** What operators look for, in a database. */
export function linkDeskStore(database: Pick<Database, 'query'>, keyRing: KeyRing): LinkDeskStore {
  return {
    list: async ({ which, accountId, after, limit }) => {
      const values = [after, limit, accountId ?? null];
      const rows = await database.query<{ readonly sheet: Sheet }>({ text: listOf[which], values });
      return rows.map(({ sheet: one }) => one);
    },
    show: async (linkId) => {
      const [row] = await database.query<ShownRow>({ text: show, values: [linkId] });
      if (row === undefined) return undefined;
      return { ...row.sheet, accountNumber: maskedNumber(keyRing, row), ...row.more, failures: row.failures };
    },
  };
}

/** One that does not open has a link to be looked at all the same. */
function maskedNumber(keyRing: KeyRing, row: ShownRow): string {
  try {
    return maskAccount(decryptField(keyRing, ownerOf(row), accountNumberField, row.sealed));
  } catch (error) {
    if (codeOf(error) !== 'decryption' && codeOf(error) !== 'keyMissing') throw error;
    return 'does not open';
  }
}

interface ShownRow {
  readonly sheet: Sheet;
  readonly accountId: string;
  readonly partner: string;
  readonly sealed: string;
  readonly more: Sheet;
  readonly failures: readonly Sheet[];
}

const sheet = `jsonb_build_object('link', link.id::text, 'account', account_id, 'partner', partner, 'request', link.request_id, 'status', status,
    'since', status_since, 'failCode', fail_code, 'failedWith', failure.code, 'tries', failure.tries, 'nextTryAt', failure.next_try_at,
    'parkReason', failure.park_reason) AS sheet`;

const linkAndFailure = `account_links.account_link AS link
  LEFT JOIN account_links.account_link_failures AS failure ON failure.link_id = link.id AND failure.ended_at IS NULL`;

const listWhere = (condition: string): string => `
  SELECT ${sheet} FROM ${linkAndFailure}
  WHERE link.id > $1 AND ($3::text IS NULL OR account_id = $3) AND ${condition} ORDER BY link.id LIMIT $2`;

const listOf: Readonly<Record<LinkSelection, string>> = {
  all: listWhere('true'),
  unfinished: listWhere(`status IN ('REQUESTED', 'REGISTERING')`),
  parked: listWhere('link.id IN (SELECT link_id FROM account_links.account_link_failures WHERE park_reason IS NOT NULL)'),
  failed: listWhere(`status = 'FAILED'`),
};

const show = `
  SELECT ${sheet}, account_id AS "accountId", partner, account_number AS sealed,
    jsonb_build_object('key', link.idempotency_key, 'requestedAt', requested_at, 'leaseUntil', lease_until) AS more,
    (SELECT coalesce(json_agg(json_build_object('request', request_id, 'kind', kind, 'code', code, 'error', error, 'key', idempotency_key,
        'tries', tries, 'failedAt', failed_at, 'nextTryAt', next_try_at, 'parkReason', park_reason, 'endedAt', ended_at) ORDER BY id), '[]')
      FROM account_links.account_link_failures WHERE link_id = link.id) AS failures
  FROM ${linkAndFailure} WHERE link.id = $1`;
