import type { Database, Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, type Answer } from '../../src/message/decision.ts';
import { seoulDay } from '../shared/seoulTime.ts';
import type { Cancellation, Fill } from './fill.ts';
import type { ForeignBalance, StagedTaker } from './takeStagedStore.ts';

/** A trade that is in the ledger. */
export interface Appended {
  readonly userId: bigint;
  /** False where it was there before, also in the same chunk. */
  readonly isNew: boolean;
}

/** What is staged for users by other programs, by user. */
type ForeignByUser = ReadonlyMap<bigint, readonly ForeignBalance[]>;

const dayMs = 86_400_000;

/** Appends trades to the ledger. */
export interface LedgerStore {
  /**
   * Trades in one transaction, under the locks of their accounts in the order of their ids, answered in the order of the trades. What
   * other programs have staged for these users is taken over first, since it says what they have without these trades. A fill whose day
   * has come is due on the next night. A trade that was there before changes nothing; a cancellation whose fill has not come waits for it.
   * Dead: trades of users without an account, and what contradicts the ledger.
   */
  append(trades: readonly (Fill | Cancellation)[], foreign: ForeignByUser): Promise<readonly Answer<Appended>[]>;
}

export interface LedgerStoreOptions {
  readonly takeStaged: StagedTaker;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The ledger on a database. */
export function ledgerStore(database: Database, { takeStaged, now }: LedgerStoreOptions): LedgerStore {
  return {
    append: (trades, foreign) =>
      database.withTransaction(async (transaction) => {
        const known = await lockAccounts(transaction, [...new Set(trades.map(({ userId }) => userId))]);
        await takeStaged(transaction, [...foreign.values()].flat());
        // Under the locks, so that no night comes between this and the rows.
        const tomorrow = seoulDay(new Date(now().getTime() + dayMs));
        const ours = trades.filter(({ userId }) => known.has(userId));
        const fills = ours.filter((trade) => trade.kind === 'fill');
        const cancelled = ours.filter((trade) => trade.kind === 'cancellation');
        const newFills = await insertFills(transaction, fills, tomorrow, now());
        const newCancellations = await insertCancellations(transaction, cancelled, newFills, tomorrow, now());
        const standing = await readFills(transaction, ours);
        const untold = { fill: new Set(newFills.keys()), cancellation: new Set(newCancellations.keys()) };
        const answers = trades.map((trade): Answer<Appended> => {
          if (!known.has(trade.userId)) return dead(new WeirError('notFound', 'userId: there is no deposit account of this user.'));
          const contradiction = contradictionOf(trade, standing.get(trade.fillId));
          if (contradiction !== undefined) return dead(new WeirError('constraint', contradiction));
          return { userId: trade.userId, isNew: untold[trade.kind].delete(trade.fillId) };
        });
        const changed = [...newFills.values(), ...newCancellations.values()];
        await transaction.execute({ name: 'deposits-raise-versions', text: raiseVersions, values: [[...new Set(changed)]] });
        return answers;
      }),
  };
}

/** A fill as the ledger has it. */
interface StandingFill {
  readonly fillId: string;
  readonly userId: bigint;
  readonly amountMinor: bigint;
  readonly market: string;
  readonly tradeDay: string;
}

/** Users by the id of their fill. */
type Users = ReadonlyMap<string, bigint>;

interface FillRow {
  readonly fillId: string;
  readonly userId: bigint;
}

/** Why a trade cannot be what the ledger has under its id; undefined when it can. */
function contradictionOf(trade: Fill | Cancellation, standing: StandingFill | undefined): string | undefined {
  if (standing === undefined) return undefined;
  if (trade.userId !== standing.userId) return 'userId: the fill of this fillId is that of another user.';
  if (trade.kind === 'cancellation') return undefined;
  if (trade.amountMinor !== standing.amountMinor) return 'amountMinor: the fill of this fillId has another amount in the ledger.';
  const isSame = trade.market === standing.market && trade.tradeDay === standing.tradeDay;
  return isSame ? undefined : 'executedAt: the fill of this fillId has another market or trade day in the ledger.';
}

/** Locks accounts in the order of their ids; answers those that there are. */
export async function lockAccounts(transaction: Transaction, userIds: readonly bigint[]): Promise<ReadonlySet<bigint>> {
  const rows = await transaction.query<{ userId: bigint }>({ name: 'deposits-lock-accounts', text: lock, values: [userIds] });
  return new Set(rows.map(({ userId }) => userId));
}

async function insertFills(transaction: Transaction, fills: readonly Fill[], tomorrow: string, now: Date): Promise<Users> {
  if (fills.length === 0) return new Map();
  const column = <T>(of: (fill: Fill) => T): readonly T[] => fills.map(of);
  const rows = await transaction.query<FillRow>({
    name: 'deposits-insert-fills',
    text: insertFill,
    values: [
      column(({ userId }) => userId),
      column(({ fillId }) => fillId),
      column(({ amountMinor }) => amountMinor),
      column(({ market }) => market),
      column(({ tradeDay }) => tradeDay),
      column(({ dueOn }) => dueOn),
      tomorrow,
      now,
    ],
  });
  return usersOf(rows);
}

/** Cancels fills that are there, those of this chunk and those whose cancellation has waited; keeps the others for when their fill comes. */
async function insertCancellations(
  transaction: Transaction,
  cancelled: readonly Cancellation[],
  newFills: Users,
  tomorrow: string,
  now: Date,
): Promise<Users> {
  const ids = cancelled.map(({ fillId }) => fillId);
  const users = cancelled.map(({ userId }) => userId);
  if (ids.length > 0) await transaction.execute({ name: 'deposits-keep-cancellations', text: keepEarly, values: [ids, users, now] });
  const fillIds = [...new Set([...ids, ...newFills.keys()])];
  if (fillIds.length === 0) return new Map();
  const rows = await transaction.query<FillRow>({ name: 'deposits-cancel', text: cancel, values: [fillIds, tomorrow, now] });
  return usersOf(rows);
}

async function readFills(transaction: Transaction, trades: readonly (Fill | Cancellation)[]): Promise<ReadonlyMap<string, StandingFill>> {
  const rows = await transaction.query<StandingFill>({
    name: 'deposits-read-fills',
    text: standingFills,
    values: [[...new Set(trades.map(({ fillId }) => fillId))]],
  });
  return new Map(rows.map((row) => [row.fillId, row]));
}

function usersOf(rows: readonly FillRow[]): Users {
  return new Map(rows.map(({ fillId, userId }) => [fillId, userId]));
}

const lock = `
  SELECT user_id AS "userId" FROM deposits.account WHERE user_id = ANY ($1::bigint[]) ORDER BY user_id FOR NO KEY UPDATE`;

const insertFill = `
  INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, market, trade_day, due_on, recorded_at)
  SELECT user_id, fill_id, 'FILL', amount_minor, market, trade_day, greatest(due_on, $7::date), $8::timestamptz
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::date[], $6::date[])
    AS fill (user_id, fill_id, amount_minor, market, trade_day, due_on)
  ON CONFLICT (fill_id, kind) DO NOTHING
  RETURNING fill_id AS "fillId", user_id AS "userId"`;

const keepEarly = `
  INSERT INTO deposits.early_cancellation (fill_id, user_id, recorded_at)
  SELECT fill_id, user_id, $3::timestamptz FROM unnest($1::text[], $2::bigint[]) AS early (fill_id, user_id)
  WHERE NOT EXISTS (
    SELECT FROM deposits.ledger WHERE ledger.fill_id = early.fill_id AND kind = 'FILL' AND ledger.user_id <> early.user_id)
  ON CONFLICT (fill_id, user_id) DO NOTHING`;

// A fill that is in the balance is taken back on the next night; one that is not never moves it. Fills are looked up one by one for those that
// wait, nearly always none: a join is planned over the whole ledger.
const cancel = `
  WITH waiting AS MATERIALIZED (
    SELECT fill_id, user_id FROM deposits.early_cancellation WHERE fill_id = ANY ($1::text[])
  ), due AS MATERIALIZED (
    SELECT fill.* FROM waiting CROSS JOIN LATERAL (
      SELECT user_id, fill_id, amount_minor, market, trade_day, due_on, applied_on FROM deposits.ledger
      WHERE ledger.fill_id = waiting.fill_id AND kind = 'FILL' AND ledger.user_id = waiting.user_id OFFSET 0
    ) AS fill
  ), gone AS (
    DELETE FROM deposits.early_cancellation early USING due WHERE early.fill_id = due.fill_id AND early.user_id = due.user_id
  )
  INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, market, trade_day, due_on, recorded_at)
  SELECT user_id, fill_id, 'CANCEL', -amount_minor, market, trade_day,
    CASE WHEN applied_on IS NULL THEN due_on ELSE $2::date END, $3::timestamptz
  FROM due
  ON CONFLICT (fill_id, kind) DO NOTHING
  RETURNING fill_id AS "fillId", user_id AS "userId"`;

const standingFills = `
  SELECT fill_id AS "fillId", user_id AS "userId", amount_minor AS "amountMinor", market, trade_day AS "tradeDay"
  FROM deposits.ledger WHERE fill_id = ANY ($1::text[]) AND kind = 'FILL'`;

const raiseVersions = `
  UPDATE deposits.account SET ledger_version = ledger_version + 1 WHERE user_id = ANY ($1::bigint[])`;
