import type { Database } from '../../src/connectors/database.ts';
import type { BooksFinding } from './booksFinding.ts';
import { contradiction } from './contradictionStore.ts';
import { isOpenRequest } from './isOpenRequest.ts';
import { readMoney, type Money } from './moneyStore.ts';
import { parkedFailures } from './parkedFailures.ts';
import { recordsOfState } from './stateRecords.ts';

/** What a reading of all books found. */
export interface Books {
  readonly accounts: number;
  readonly remittances: number;
  readonly sumMinor: bigint;
  readonly money: Money;
  /** The first hundred of each way to be wrong, contradicted calls among them; none: the books are right. */
  readonly findings: readonly BooksFinding[];
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
          const findings = await transaction.query<BooksFinding>(find);
          const sumMinor = BigInt(counts?.sum_minor ?? '0');
          return {
            accounts: Number(counts?.accounts ?? 0n),
            remittances: Number(counts?.remittances ?? 0n),
            sumMinor,
            money: await readMoney(transaction),
            findings: [...unbalanced(sumMinor), ...findings],
          };
        },
        { isolation: 'repeatableRead', timeLimitMs: readLimitMs },
      ),
  };
}

function unbalanced(sumMinor: bigint): readonly BooksFinding[] {
  if (sumMinor === 0n) return [];
  return [{ what: 'SUM', key: null, says: `The accounts sum to ${sumMinor}, not to 0.`, foundMinor: sumMinor, expectedMinor: 0n }];
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

const moved = `
    SELECT id, sum(amount) AS amount FROM (
      SELECT debit_account_id AS id, -amount_minor AS amount FROM remittance.kcd_bank_account_records
      UNION ALL SELECT credit_account_id, amount_minor FROM remittance.kcd_bank_account_records
    ) AS each GROUP BY id`;

const kinds = `
    SELECT request_id, string_agg(kind, ' ' ORDER BY kind COLLATE "C") AS kinds, min(amount_minor) AS least, max(amount_minor) AS most
    FROM remittance.kcd_bank_account_records GROUP BY request_id`;

// Of a remittance whose records are of several amounts the one that is not its own is told. Where only their kinds are wrong no amount is expected.
const find = `
  WITH moved AS (${moved}), kinds AS (${kinds}), waiting AS (
    SELECT request_id, min(reason) AS reason FROM (${parkedFailures}) AS failure GROUP BY request_id
  )
  (SELECT 'BALANCE' AS what, account.id::text AS key,
    format('Account %s (%s) holds %s, and its records come to %s.', account.id, account.kind, balance_minor, coalesce(amount, 0)) AS says,
    balance_minor AS "foundMinor", coalesce(amount, 0)::bigint AS "expectedMinor"
  FROM remittance.kcd_bank_accounts AS account LEFT JOIN moved USING (id) WHERE balance_minor <> coalesce(amount, 0)
  ORDER BY account.id LIMIT 100)
  UNION ALL
  (SELECT 'RECORDS', request.id::text, format('Remittance %s is %s, and its records are %s.', request.id, state, coalesce(kinds, 'none')),
    coalesce(CASE WHEN most <> amount_minor THEN most ELSE least END, 0),
    CASE WHEN ${recordsOfState('state')} = ARRAY[''] THEN 0 WHEN least = amount_minor AND most = amount_minor THEN NULL ELSE amount_minor END
  FROM remittance.biz_remittance_requests AS request LEFT JOIN kinds ON request_id = request.id
  WHERE coalesce(kinds, '') <> ALL ${recordsOfState('state')} OR least <> amount_minor OR most <> amount_minor
  ORDER BY request.id LIMIT 100)
  UNION ALL
  (SELECT 'PARK', request.id::text, format('Remittance %s is %s and %s, and of its failures %s.', request.id, state,
      coalesce('parked as ' || park_reason, 'not parked'), coalesce('one is parked as ' || reason, 'none is')), amount_minor, NULL
  FROM remittance.biz_remittance_requests AS request LEFT JOIN waiting ON request_id = request.id
  WHERE ${isOpenRequest('state')} AND park_reason IS DISTINCT FROM reason
  ORDER BY request.id LIMIT 100)
  UNION ALL
  (SELECT 'CONTRADICTION', call.id::text, format('Call %s (%s) of remittance %s, which is %s, stands as %s, and the bank has said the opposite too.',
      call.id, call.kind, request.id, state, call.status), amount_minor, NULL
  FROM remittance.biz_remittance_request_failures AS failure
  JOIN remittance.bank_call AS call ON call.id = call_id JOIN remittance.biz_remittance_requests AS request ON request.id = failure.request_id
  WHERE failure.park_reason = '${contradiction}' ORDER BY call.id LIMIT 100)`;
