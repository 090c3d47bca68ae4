import type { Queryable, Transaction } from '../../src/connectors/database.ts';

/** What a user has and will have, by the ledger; amounts in minor units. */
export interface Projection {
  readonly userId: bigint;
  /** Of two projections of a user the one with the higher version is newer. */
  readonly version: bigint;
  readonly balanceMinor: bigint;
  /** From each day on, in the order of the days. */
  readonly staged: readonly { readonly day: string; readonly balanceMinor: bigint }[];
}

interface ProjectionRow {
  readonly userId: bigint;
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly day: string | null;
  readonly stagedMinor: bigint | null;
}

/** What users have and will have, each from one look; users without an account are left out. */
export async function readProjections(database: Queryable, userIds: readonly bigint[]): Promise<readonly Projection[]> {
  const rows = await database.query<ProjectionRow>({ name: 'deposits-projections', text: projections, values: [userIds] });
  return [...Map.groupBy(rows, ({ userId }) => userId)].map(([userId, [first, ...others]]) => {
    const { version, balanceMinor } = first as ProjectionRow;
    const staged = [first as ProjectionRow, ...others].flatMap(({ day, stagedMinor }) =>
      day === null || stagedMinor === null ? [] : [{ day, balanceMinor: stagedMinor }],
    );
    return { userId, version, balanceMinor, staged };
  });
}

/**
 * Moves the balances of accounts by what is due until `night` and not in them yet: each row of the ledger once. The accounts are
 * locked. Answers how many were moved.
 */
export function applyDue(transaction: Transaction, userIds: readonly bigint[], night: string): Promise<number> {
  return transaction.execute({ name: 'deposits-apply-due', text: apply, values: [userIds, night] });
}

/** Raises the versions of accounts above those that Redis knows, which a database that was restored has behind it. */
export async function raiseVersionsAbove(
  database: Queryable,
  known: readonly { readonly userId: bigint; readonly version: bigint }[],
): Promise<void> {
  const columns = [known.map(({ userId }) => userId), known.map(({ version }) => version)];
  await database.execute({ name: 'deposits-raise-above', text: raiseAbove, values: columns });
}

const projections = `
  SELECT account.user_id AS "userId", account.ledger_version AS version, account.balance_minor AS "balanceMinor",
    waiting.due_on AS day, (account.balance_minor + waiting.moved_minor)::bigint AS "stagedMinor"
  FROM deposits.account LEFT JOIN LATERAL (
    SELECT due_on, sum(sum(amount_minor)) OVER (ORDER BY due_on) AS moved_minor
    FROM deposits.ledger WHERE ledger.user_id = account.user_id AND applied_on IS NULL GROUP BY due_on
  ) AS waiting ON true
  WHERE account.user_id = ANY ($1::bigint[])
  ORDER BY account.user_id, waiting.due_on`;

// The users are named twice, else all accounts are read for each chunk.
const apply = `
  WITH applied AS (
    UPDATE deposits.ledger SET applied_on = $2::date
    WHERE user_id = ANY ($1::bigint[]) AND applied_on IS NULL AND due_on <= $2::date
    RETURNING user_id, amount_minor
  ), moved AS (
    SELECT user_id, sum(amount_minor)::bigint AS amount_minor FROM applied GROUP BY user_id
  )
  UPDATE deposits.account SET balance_minor = balance_minor + moved.amount_minor, ledger_version = ledger_version + 1, settled_on = $2::date
  FROM moved WHERE account.user_id = moved.user_id AND account.user_id = ANY ($1::bigint[])`;

const raiseAbove = `
  UPDATE deposits.account SET ledger_version = known.version + 1
  FROM unnest($1::bigint[], $2::bigint[]) AS known (user_id, version)
  WHERE account.user_id = known.user_id AND ledger_version <= known.version`;
