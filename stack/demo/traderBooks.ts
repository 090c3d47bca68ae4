import { table } from '../../src/commandLine/table.ts';
import type { Queryable } from '../../src/connectors/database.ts';
import type { Check } from './closing.ts';
import { connected } from './redisClient.ts';
import { say } from './tell.ts';
import { traderCount, type Trading } from './traders.ts';

/** What the deposits are compared with. */
export interface TraderRecords {
  readonly database: Queryable;
  readonly redisUrl: string;
  /** What was written, each time. */
  readonly trading: readonly Trading[];
}

interface KindRow {
  readonly kind: string;
  readonly rows: number;
  readonly staged: bigint;
  readonly settled: bigint;
  readonly waiting: bigint;
}

interface AccountRow {
  readonly userId: bigint;
  readonly balance: bigint;
  readonly fold: bigint;
}

/** Shows what was staged, settled and waits, and where three records of every balance agree; answers what must hold. */
export async function closeTraders({ database, redisUrl, trading }: TraderRecords): Promise<readonly Check[]> {
  const kinds = await database.query<KindRow>(byKind);
  say('Deposits, in won: staged = settled + waiting');
  console.log(
    table(
      ['what', 'rows', 'staged', 'settled', 'waiting', ''],
      kinds.map(({ kind, rows, staged, settled, waiting }) => [
        ...[kind, rows, won(staged), won(settled), won(waiting)],
        staged === settled + waiting ? 'holds' : 'BROKEN',
      ]),
    ),
  );
  const accounts = await database.query<AccountRow>(folds);
  const redis = await connected(redisUrl);
  const shown = await redis.mget(accounts.map(({ userId }) => `user:${userId}:balance`));
  redis.disconnect();
  const agreeing = accounts.filter(({ balance, fold }, place) => balance === fold && shown[place] === balance.toString()).length;
  const [counts] = await database.query<CountRow>(count);
  const sum = (of: (one: Trading) => number): number => trading.reduce((total, one) => total + of(one), 0);
  const rowsOf = (kind: string): number => kinds.find((row) => row.kind === kind)?.rows ?? 0;
  const imported = kinds.find(({ kind }) => kind === 'IMPORT')?.staged ?? 0n;
  return [
    {
      what: 'fills in the ledger, each once, however often they came',
      found: `${rowsOf('FILL')} of ${sum(({ fills }) => fills)}, ${rowsOf('CANCEL')} taken back`,
      holds: rowsOf('FILL') === sum(({ fills }) => fills) && rowsOf('CANCEL') === sum(({ cancelled }) => cancelled),
    },
    {
      what: 'staged = settled + waiting',
      found: `${kinds.filter(({ staged, settled, waiting }) => staged === settled + waiting).length} of ${kinds.length} kinds`,
      holds: kinds.every(({ staged, settled, waiting }) => staged === settled + waiting),
    },
    {
      what: "every balance = the fold of its ledger = Redis's",
      found: `${agreeing} of ${traderCount}`,
      holds: agreeing === traderCount && accounts.length === traderCount,
    },
    { what: 'rows that are due and in no balance', found: String(counts?.overdue), holds: counts?.overdue === 0 },
    {
      what: 'staged by another program: taken over once',
      found: `${rowsOf('IMPORT')}, ${won(imported)}`,
      holds:
        rowsOf('IMPORT') === sum(({ imported: some }) => some) &&
        imported === trading.reduce((total, { importedMinor }) => total + importedMinor, 0n),
    },
    {
      what: 'values that are no balances, put aside with their key',
      found: String(counts?.aside),
      holds: counts?.aside === sum(({ strange }) => strange),
    },
  ];
}

interface CountRow {
  readonly overdue: number;
  readonly aside: number;
}

function won(amount: bigint): string {
  return amount.toLocaleString('en-US');
}

const byKind = `
  SELECT kind, count(*)::int AS rows, sum(amount_minor)::bigint AS staged,
    coalesce(sum(amount_minor) FILTER (WHERE applied_on IS NOT NULL), 0)::bigint AS settled,
    coalesce(sum(amount_minor) FILTER (WHERE applied_on IS NULL), 0)::bigint AS waiting
  FROM deposits.ledger WHERE kind <> 'OPENING' GROUP BY kind ORDER BY kind DESC`;

const folds = `
  SELECT user_id AS "userId", balance_minor AS balance, coalesce((
    SELECT sum(amount_minor) FROM deposits.ledger WHERE user_id = account.user_id AND applied_on IS NOT NULL), 0)::bigint AS fold
  FROM deposits.account ORDER BY user_id`;

const count = `
  SELECT (SELECT count(*) FROM deposits.ledger JOIN (SELECT max(settled_on) AS night FROM deposits.account) AS last ON due_on <= night
      WHERE applied_on IS NULL)::int AS overdue,
    (SELECT count(*) FROM deposits.put_aside)::int AS aside`;
