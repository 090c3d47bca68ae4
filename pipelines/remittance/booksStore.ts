import type { Database } from '../../src/connectors/database.ts';
import { contradiction } from './contradictionStore.ts';

/** What a reading of all books found. */
export interface Books {
  readonly accounts: number;
  readonly remittances: number;
  readonly sumMinor: bigint;
  /** The first hundred of each way to be wrong, contradicted calls among them, in sentences without personal data. */
  readonly flaws: readonly string[];
}

/** Reads the ledger whole. */
export interface BooksStore {
  /** Everything in one snapshot, and nothing is locked: it may be asked while money moves. Takes as long as all records take to read, `readLimitMs` at most. */
  read(): Promise<Books>;
}

/** Of a reading, whatever limit single statements have: it grows with the books. Below five minutes, when a client of HTTP gives up. */
export const readLimitMs = 240_000;

/** The books on a database. */
export function booksStore(database: Database): BooksStore {
  return {
    read: () =>
      database.withTransaction(
        async (transaction) => {
          await transaction.execute('SET TRANSACTION READ ONLY');
          const [counts] = await transaction.query<CountRow>(count);
          const flaws = await transaction.query<{ readonly flaw: string }>(find);
          const sumMinor = BigInt(counts?.sum_minor ?? '0');
          const unbalanced = sumMinor === 0n ? [] : [`The accounts sum to ${sumMinor}, not to 0.`];
          return {
            accounts: Number(counts?.accounts ?? 0n),
            remittances: Number(counts?.remittances ?? 0n),
            sumMinor,
            flaws: [...unbalanced, ...flaws.map(({ flaw }) => flaw)],
          };
        },
        { isolation: 'repeatableRead', timeLimitMs: readLimitMs },
      ),
  };
}

interface CountRow {
  readonly accounts: bigint;
  readonly remittances: bigint;
  readonly sum_minor: string;
}

const count = `
  SELECT count(*) AS accounts, coalesce(sum(balance_minor), 0)::text AS sum_minor,
    (SELECT count(*) FROM remittance.biz_remittance_requests) AS remittances
  FROM remittance.kcd_bank_accounts`;

// The records that a state has, in the order of their names; a remittance that goes back may have been suspended, and released.
const find = `
  WITH moved AS (
    SELECT id, sum(amount) AS amount FROM (
      SELECT debit_account_id AS id, -amount_minor AS amount FROM remittance.kcd_bank_account_records
      UNION ALL SELECT credit_account_id, amount_minor FROM remittance.kcd_bank_account_records
    ) AS each GROUP BY id
  ), kinds AS (
    SELECT request_id, string_agg(kind, ' ' ORDER BY kind COLLATE "C") AS kinds, min(amount_minor) AS least, max(amount_minor) AS most
    FROM remittance.kcd_bank_account_records GROUP BY request_id
  )
  (SELECT format('Account %s (%s) holds %s, and its records come to %s.', account.id, account.kind, balance_minor, coalesce(amount, 0)) AS flaw
  FROM remittance.kcd_bank_accounts AS account LEFT JOIN moved USING (id) WHERE balance_minor <> coalesce(amount, 0)
  ORDER BY account.id LIMIT 100)
  UNION ALL
  (SELECT format('Remittance %s is %s, and its records are %s.', request.id, state, coalesce(kinds, 'none'))
  FROM remittance.biz_remittance_requests AS request LEFT JOIN kinds ON request_id = request.id
  WHERE coalesce(kinds, '') <> ALL (CASE state
      WHEN 'DEPOSITED' THEN ARRAY['MOVED_IN']
      WHEN 'WITHDRAWN' THEN ARRAY['MOVED_IN WITHDRAWN']
      WHEN 'COMPLETED' THEN ARRAY['MOVED_IN PAID_OUT WITHDRAWN']
      WHEN 'RETURNING' THEN ARRAY['MOVED_IN REVERSED SENT_BACK WITHDRAWN', 'MOVED_IN REVERSED SENT_BACK SUSPENDED WITHDRAWN']
      WHEN 'RETURNED' THEN ARRAY['MOVED_IN RETURNED REVERSED SENT_BACK WITHDRAWN', 'MOVED_IN RELEASED REVERSED SENT_BACK SUSPENDED WITHDRAWN']
      ELSE ARRAY[''] END)
    OR least <> amount_minor OR most <> amount_minor
  ORDER BY request.id LIMIT 100)
  UNION ALL
  (SELECT format('Call %s (%s) of remittance %s, which is %s, stands as %s, and the bank has said the opposite too.',
    call.id, call.kind, request.id, state, call.status)
  FROM remittance.biz_remittance_request_failures AS failure
  JOIN remittance.bank_call AS call ON call.id = call_id JOIN remittance.biz_remittance_requests AS request ON request.id = failure.request_id
  WHERE failure.park_reason = '${contradiction}' ORDER BY call.id LIMIT 100)`;
