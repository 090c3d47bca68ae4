import type { Database } from '../../src/connectors/database.ts';

/** How the books stand: balances, numbers of rows, and hashes over everything but the ids of new calls and of messages. */
export interface Standing {
  readonly pool: bigint;
  readonly transit: bigint;
  /** Over all accounts; 0, or money came from nowhere. */
  readonly sum: bigint;
  /** Accounts whose balance is not the fold of their records. */
  readonly unfolded: bigint;
  readonly records: bigint;
  readonly calls: bigint;
  readonly messages: bigint;
  /** Sums of a 64-bit hash of each row, which no order changes. */
  readonly hashes: string;
}

/** Reads how the books stand; throws where they are not balanced, whoever wrote them. */
export async function standing(database: Database): Promise<Standing> {
  const [found] = await database.query<Standing>(readStanding);
  if (found === undefined) throw new Error('An aggregate answered no row.');
  if (found.sum !== 0n || found.unfolded !== 0n)
    throw new Error(`The sum is ${found.sum}, and ${found.unfolded} accounts differ from their records.`);
  return found;
}

const hashOf = (row: string): string => `sum(hashtextextended(${row}::text, 0))`;

const readStanding = `
  SELECT
    (SELECT balance_minor FROM remittance.kcd_bank_accounts WHERE id = 1) AS pool,
    (SELECT balance_minor FROM remittance.kcd_bank_accounts WHERE id = 2) AS transit,
    (SELECT sum(balance_minor)::bigint FROM remittance.kcd_bank_accounts) AS sum,
    (SELECT count(*) FROM remittance.kcd_bank_accounts AS account LEFT JOIN (
      SELECT id, sum(amount) AS amount FROM (
        SELECT debit_account_id, -amount_minor FROM remittance.kcd_bank_account_records
        UNION ALL SELECT credit_account_id, amount_minor FROM remittance.kcd_bank_account_records
      ) AS entry (id, amount) GROUP BY id
    ) AS fold USING (id) WHERE balance_minor <> coalesce(fold.amount, 0)) AS unfolded,
    (SELECT count(*) FROM remittance.kcd_bank_account_records) AS records,
    (SELECT count(*) FROM remittance.bank_call) AS calls,
    (SELECT count(*) FROM remittance.outbox) AS messages,
    concat_ws(' ',
      (SELECT ${hashOf('account')} FROM remittance.kcd_bank_accounts AS account),
      (SELECT ${hashOf('record')} FROM remittance.kcd_bank_account_records AS record),
      (SELECT ${hashOf('request')} FROM remittance.biz_remittance_requests AS request),
      (SELECT ${hashOf('state')} FROM remittance.biz_remittance_request_records AS state),
      (SELECT ${hashOf(`(to_jsonb(call) - 'id')`)} FROM remittance.bank_call AS call),
      (SELECT ${hashOf(`ROW(topic, coalesce(request_id::text, key), replace(headers::text, key, ''), replace(encode(value, 'escape'), key, ''), not_before)`)}
        FROM remittance.outbox LEFT JOIN remittance.bank_call ON bank_call.id::text = key)
    ) AS hashes`;
