import type { Transaction } from '../../src/connectors/database.ts';
import { parseStagedBalance, stagedKey, type StagedKey } from './stagedKey.ts';

/** What stands under a staged key and is not what we have written there. */
export interface ForeignBalance extends StagedKey {
  /** At most the first kilobyte. Of what is no string its type in brackets. */
  readonly value: Buffer;
}

/** A key that looks like a staged one and names no user or day. */
export interface StrangeKey {
  /** As text: its bytes may be any. */
  readonly key: string;
  readonly value: Buffer;
}

/** Why what stands in Redis was put aside. */
export const asideReasons = ['notAnInteger', 'notAKey', 'noAccount', 'notTheLedgers'] as const;

type PutAsideReason = (typeof asideReasons)[number];

/**
 * Takes over what other programs have staged, in a transaction that has locked the accounts: the difference to what the ledger says of that
 * day is imported as a row, once for each user and day. Where the ledger has rows of that day, or begins after it, it wins, and the value is
 * put aside; so are values that are no integers, those of users without an account, and a second value of the same day. Afterwards every one of
 * them may be overwritten. In whatever order days of one user are found, each is imported as what stands from it on until the next.
 * Versions are raised with what is imported.
 */
export type StagedTaker = (transaction: Transaction, found: readonly ForeignBalance[]) => Promise<void>;

/** Takes over what is staged. `now` is calendar time. */
export function stagedTaker(now: () => Date): StagedTaker {
  return async (transaction, found) => {
    const byDay = Map.groupBy(found, ({ day }) => day);
    for (const day of [...byDay.keys()].sort()) await takeDay(transaction, day, byDay.get(day) ?? [], now());
  };
}

/** Keeps keys that name no user or day, each with its value once. They are left where they are: they may be somebody's. */
export async function putAsideStrange(transaction: Transaction, strange: readonly StrangeKey[], now: Date): Promise<void> {
  await putAside(
    transaction,
    strange.map(({ key, value }) => ({ key, value, reason: 'notAKey' })),
    now,
  );
}

interface Aside {
  readonly key: string;
  readonly value: Buffer;
  readonly reason: PutAsideReason;
}

interface Expected {
  readonly userId: bigint;
  readonly isKnown: boolean;
  readonly hasRows: boolean;
  readonly isImported: boolean;
  /** Whether everything that the ledger has of the user comes later. */
  readonly isBeforeAll: boolean;
  /** By the ledger, from that day on. */
  readonly balanceMinor: bigint;
}

async function takeDay(transaction: Transaction, day: string, found: readonly ForeignBalance[], now: Date): Promise<void> {
  const asides: Aside[] = [];
  const balances: { readonly userId: bigint; readonly balanceMinor: bigint; readonly value: Buffer }[] = [];
  for (const { userId, value } of found) {
    const balanceMinor = parseStagedBalance(value.toString('latin1'));
    if (balanceMinor === undefined) asides.push({ key: stagedKey({ userId, day }), value, reason: 'notAnInteger' });
    else balances.push({ userId, balanceMinor, value });
  }
  const expected = await transaction.query<Expected>({
    name: 'deposits-expected',
    text: expectedBalances,
    values: [balances.map(({ userId }) => userId), day, balances.map((balance) => importId({ ...balance, day }))],
  });
  const ofUser = new Map(expected.map((row) => [row.userId, row]));
  // Of a program that writes a key while it is looked at, two values may be found.
  const taken = new Map<bigint, bigint>();
  const imports: { readonly userId: bigint; readonly fillId: string; readonly amountMinor: bigint }[] = [];
  for (const balance of balances) {
    const { userId, balanceMinor, value } = balance;
    const row = ofUser.get(userId);
    const key = stagedKey({ userId, day });
    if (row === undefined || !row.isKnown) asides.push({ key, value, reason: 'noAccount' });
    else if (row.isImported || taken.get(userId) === balanceMinor) continue;
    else if (!row.hasRows && !row.isBeforeAll && !taken.has(userId)) {
      imports.push({ userId, fillId: importId({ ...balance, day }), amountMinor: balanceMinor - row.balanceMinor });
      taken.set(userId, balanceMinor);
    } else if (taken.has(userId) || row.isBeforeAll) asides.push({ key, value, reason: 'notTheLedgers' });
    else if (row.balanceMinor !== balanceMinor) asides.push({ key, value, reason: 'notTheLedgers' });
  }
  await importRows(transaction, day, imports, now);
  await putAside(transaction, asides, now);
}

/** The name of an import: the same balance of the same day is taken once. */
function importId({ userId, day, balanceMinor }: StagedKey & { readonly balanceMinor: bigint }): string {
  return `staged:${userId}:${day}:${balanceMinor}`;
}

async function importRows(
  transaction: Transaction,
  day: string,
  rows: readonly { readonly userId: bigint; readonly fillId: string; readonly amountMinor: bigint }[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = [rows.map(({ userId }) => userId), rows.map(({ fillId }) => fillId), rows.map(({ amountMinor }) => amountMinor)];
  await transaction.execute({ name: 'deposits-import', text: importRow, values: [...columns, day, now] });
}

async function putAside(transaction: Transaction, asides: readonly Aside[], now: Date): Promise<void> {
  if (asides.length === 0) return;
  const columns = [asides.map(({ key }) => key), asides.map(({ value }) => value), asides.map(({ reason }) => reason)];
  await transaction.execute({ name: 'deposits-put-aside', text: insertAside, values: [...columns, now] });
}

// What the balance is from a day on: without what was applied and is due later, with what is due by then and was not.
const expectedBalances = `
  SELECT asked.user_id AS "userId", account.user_id IS NOT NULL AS "isKnown",
    EXISTS (SELECT FROM deposits.ledger WHERE user_id = asked.user_id AND due_on = $2::date) AS "hasRows",
    EXISTS (SELECT FROM deposits.ledger WHERE fill_id = asked.import_id AND kind = 'IMPORT') AS "isImported",
    coalesce((SELECT min(due_on) FROM deposits.ledger WHERE user_id = asked.user_id) > $2::date, false) AS "isBeforeAll",
    (coalesce(account.balance_minor, 0)
      - coalesce((SELECT sum(amount_minor) FROM deposits.ledger
          WHERE user_id = asked.user_id AND due_on > $2::date AND applied_on IS NOT NULL), 0)
      + coalesce((SELECT sum(amount_minor) FROM deposits.ledger
          WHERE user_id = asked.user_id AND due_on <= $2::date AND applied_on IS NULL), 0))::bigint AS "balanceMinor"
  FROM unnest($1::bigint[], $3::text[]) AS asked (user_id, import_id) LEFT JOIN deposits.account USING (user_id)`;

// A balance that was staged holds until the next one that was: where that is in the ledger already, it stays what it is.
const importRow = `
  WITH imported AS (
    INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, due_on, recorded_at)
    SELECT user_id, fill_id, 'IMPORT', amount_minor, $4::date, $5::timestamptz
    FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS staged (user_id, fill_id, amount_minor)
    ON CONFLICT (fill_id, kind) DO NOTHING
    RETURNING user_id, fill_id, amount_minor
  ), raised AS (
    UPDATE deposits.account SET ledger_version = ledger_version + 1
    WHERE user_id = ANY ($1::bigint[]) AND user_id IN (SELECT user_id FROM imported)
  )
  INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, due_on, recorded_at)
  SELECT imported.user_id, fill_id || ':until', 'IMPORT', -amount_minor, next.due_on, $5::timestamptz
  FROM imported CROSS JOIN LATERAL (
    SELECT min(due_on) AS due_on FROM deposits.ledger WHERE user_id = imported.user_id AND kind = 'IMPORT' AND due_on > $4::date
  ) AS next WHERE next.due_on IS NOT NULL`;

const insertAside = `
  INSERT INTO deposits.put_aside (redis_key, value, reason, found_at)
  SELECT redis_key, value, reason, $4::timestamptz FROM unnest($1::text[], $2::bytea[], $3::text[]) AS aside (redis_key, value, reason)
  ON CONFLICT (md5(redis_key), md5(value)) DO NOTHING`;
