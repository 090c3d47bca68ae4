import type { Client } from 'pg';
import { night } from './fillDeposits.ts';

/** Moves all balances by one statement of PostgreSQL, each row of the ledger marked, and leaves Redis as it is. */
export async function settleInOneStatement(client: Client): Promise<void> {
  await client.query(settleAll, [night]);
}

const settleAll = `
  WITH applied AS (
    UPDATE deposits.ledger SET applied_on = $1::date WHERE applied_on IS NULL AND due_on <= $1::date RETURNING user_id, amount_minor
  )
  UPDATE deposits.account SET balance_minor = balance_minor + moved.amount_minor, ledger_version = ledger_version + 1, settled_on = $1::date
  FROM (SELECT user_id, sum(amount_minor)::bigint AS amount_minor FROM applied GROUP BY user_id) AS moved
  WHERE account.user_id = moved.user_id`;
