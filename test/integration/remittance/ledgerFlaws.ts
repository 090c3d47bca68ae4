import type { Queryable } from '../../../src/connectors/database.ts';

/** What must never be seen of accounts and their records, in any snapshot: empty where all is well. */
export async function ledgerFlaws(database: Queryable): Promise<readonly string[]> {
  return (await database.query<{ readonly flaw: string }>(flaws)).map(({ flaw }) => flaw);
}

// One statement, so that all is seen as of one moment.
const flaws = `
  SELECT 'over all accounts there is ' || sum(balance_minor) AS flaw FROM remittance.kcd_bank_accounts HAVING sum(balance_minor) <> 0
  UNION ALL
  SELECT kind || ' ' || account.id || ' has ' || balance_minor || ', its records say ' || coalesce(fold.minor, 0)
  FROM remittance.kcd_bank_accounts AS account LEFT JOIN (
    SELECT id, sum(minor) AS minor FROM (
      SELECT debit_account_id AS id, -amount_minor AS minor FROM remittance.kcd_bank_account_records
      UNION ALL SELECT credit_account_id, amount_minor FROM remittance.kcd_bank_account_records
    ) AS entries GROUP BY id
  ) AS fold USING (id)
  WHERE balance_minor <> coalesce(fold.minor, 0)
  UNION ALL
  SELECT kind || ' ' || id || ' is below zero' FROM remittance.kcd_bank_accounts WHERE kind <> 'EXTERNAL' AND balance_minor < 0`;
