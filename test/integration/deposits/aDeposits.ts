import { Redis } from 'ioredis';
import type { Observable } from 'rxjs';
import { expect } from 'vitest';
import { deposits, type DepositsPorts } from '../../../pipelines/deposits/deposits.system.ts';
import { filledTopic } from '../../../pipelines/deposits/filledTopic.ts';
import { stage, stageGroup } from '../../../pipelines/deposits/stage.pipeline.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Bus } from '../../../src/connectors/bus.ts';
import type { Database } from '../../../src/connectors/database.ts';
import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import { openKeyStore } from '../../../src/connectors/redis/openKeyStore.ts';
import { createRedisStreamBus } from '../../../src/connectors/redisStream/redisStreamBus.ts';
import type { Clock } from '../../../src/message/clock.ts';
import type { Message } from '../../../src/message/message.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Job } from '../../../src/runtime/jobs/job.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import type { Counts } from '../../../src/runtime/ledger.ts';
import { runChain, type ChainRun } from '../../../src/runtime/runChain.ts';
import { aHouse } from '../../support/aHouse.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase, aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';

/** Deposits in a database and a Redis of their own, and a calendar that tests set. */
export interface Deposits {
  readonly url: string;
  readonly redisUrl: string;
  readonly database: PostgresDatabase;
  readonly redis: Redis;
  readonly ports: DepositsPorts;
  readonly clock: Clock;
  setNow(now: string): void;
  /** Forgets everything: accounts, trades, runs, all that Redis has. */
  empty(): Promise<void>;
  /** A process of its own, over what it has of the world. */
  process(parts: Partial<ProcessParts>): DepositsProcess;
  /** Opens accounts with what they begin with, in minor units. */
  open(balances: Readonly<Record<string, bigint>>): Promise<void>;
  /** Writes trades on the stream, text as it is, and has them staged; answers how they ended. */
  stage(trades: readonly (object | string)[]): Promise<Counts>;
  /** Writes trades on the stream and leaves them there. */
  write(trades: readonly (object | string)[]): Promise<void>;
  /** What was put aside of the stream, the oldest first: why. */
  deadLetters(): Promise<readonly string[]>;
  /** Balances by the accounts. */
  balances(): Promise<Readonly<Record<string, bigint>>>;
  /** Settles a night. */
  night(day: string): Promise<JobEnd>;
  /** Settles these nights, each at its midnight; all must complete. */
  settle(...days: readonly string[]): Promise<void>;
  run(name: string, key: string): Promise<JobEnd>;
  /** Users whose balance is not the fold of their rows, or is not shown in Redis, with what was expected there. */
  flaws(): Promise<readonly unknown[]>;
}

/** What a process has of the world. */
export interface ProcessParts {
  readonly database: Database;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly holder: string;
}

/** Does what the daemon does. */
export interface DepositsProcess {
  readonly ports: DepositsPorts;
  /** Begins to stage what the stream has. */
  start(ports?: DepositsPorts): ChainRun;
  run(name: string, key: string): Promise<JobEnd>;
}

const settings = {
  ...{ partitions: 2, leaseMs: 3_000, heartbeatMs: 300, pollMs: 50, pageSize: 100, window: 200, maxSpan: 2_000 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

const meter = { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined };

/** Where deposits keep what Redis has; by default an empty logical database of the suite's. */
export interface DepositsPlace {
  readonly redisUrl?: string;
  /** After how long a Redis that is silent is given up. */
  readonly timeLimitMs?: number;
}

/** Empty deposits; the calendar stands at Friday, 20 November 2026, 15:00 in Seoul. */
export async function aDeposits({ redisUrl: given, timeLimitMs = 2_000 }: DepositsPlace = {}): Promise<Deposits> {
  const [url, redisUrl] = [await aMigratedDatabase(), given ?? (await aRedis())];
  const database = openDatabase({ url, clock: realClock });
  atTheEnd(() => database.close());
  let calendar = friday;
  const clock: Clock = { ...realClock, now: () => calendar };
  const bus = createRedisStreamBus({ url: redisUrl, clock, instance: 'test', blockMs: 100 });
  const keyStore = aKeyStore(redisUrl, { clock, timeLimitMs });
  const redis = new Redis(redisUrl);
  redis.on('error', () => undefined);
  atTheEnd(async () => {
    await bus.close();
    redis.disconnect();
  });
  const process: Deposits['process'] = (parts) => aProcess({ database, keyStore, clock, holder: 'test', ...parts }, bus);
  const ours = process({});
  const write: Deposits['write'] = async (trades) => {
    const pipeline = redis.pipeline();
    for (const trade of trades) {
      pipeline.xadd(filledTopic.name, '*', 'key', 'k', 'value', typeof trade === 'string' ? trade : JSON.stringify(trade));
    }
    await pipeline.exec();
  };
  return {
    ...{ url, redisUrl, database, redis, clock, process, write, ports: ours.ports },
    run: (name, key) => ours.run(name, key),
    setNow: (now) => {
      calendar = new Date(now);
    },
    empty: async () => {
      calendar = friday;
      await database.execute(`
        TRUNCATE deposits.account, deposits.ledger, deposits.early_cancellation, deposits.put_aside, weir.job_run CASCADE`);
      await redis.flushdb();
    },
    open: async (balances) => {
      await database.execute({ text: openAccounts, values: [Object.keys(balances), Object.values(balances)] });
    },
    stage: async (trades) => {
      await write(trades);
      const chain = ours.start();
      await until('all is staged', async () => (await bus.oldestUnsettledAt(filledTopic, { group: stageGroup })) === undefined);
      chain.drain();
      await chain.ended;
      return chain.counts();
    },
    deadLetters: async () => {
      const letters = await redis.xrange(filledTopic.deadLetters, '-', '+');
      return letters.map(([, fields]) => {
        const headers = JSON.parse(fields[fields.indexOf('headers') + 1] ?? '') as Readonly<Record<string, string>>;
        return headers['weir-text'] ?? '';
      });
    },
    balances: async () => {
      const rows = await database.query<{ id: bigint; balance: bigint }>(
        'SELECT user_id AS id, balance_minor AS balance FROM deposits.account ORDER BY user_id',
      );
      return Object.fromEntries(rows.map(({ id, balance }) => [id.toString(), balance]));
    },
    night: (day) => ours.run('deposits.settle', day),
    settle: async (...days) => {
      for (const day of days) {
        calendar = new Date(`${day}T00:00:00+09:00`);
        expect(await ours.run('deposits.settle', day)).toMatchObject({ how: 'completed' });
      }
    },
    flaws: () => flawsOf({ database, redis }),
  };
}

/** Redis as a store of keys, at any address; closed at the end of the file. */
export function aKeyStore(url: string, { clock = realClock, timeLimitMs = 2_000 }: Partial<KeyStoreTimes> = {}): KeyStore {
  const keyStore = openKeyStore({ url, clock, origin: 'its url', name: 'test-keys', timeLimitMs });
  atTheEnd(() => keyStore.close());
  return keyStore;
}

interface KeyStoreTimes {
  readonly clock: Clock;
  /** After how long a Redis that is silent is given up. */
  readonly timeLimitMs: number;
}

/** An address at which no Redis answers. */
export const nowhere = 'redis://127.0.0.1:1';

const friday = new Date('2026-11-20T15:00:00+09:00');

function aProcess({ database, keyStore, clock, holder }: ProcessParts, bus: Bus): DepositsProcess {
  const ports = deposits.openPorts(aHouse({ database, bus, keyStore, clock }));
  return {
    ports,
    start: (given = ports) => {
      const options = stage.options.parse({});
      return runChain({
        ...{ name: stage.name, source: stage.source(given, options), clock, log: silent, meter, limits: { window: 300, maxSpan: 3_000 } },
        ...{ chain: (message$: Observable<Message<Uint8Array>>) => stage.chain(message$, given, options), stopTimeoutMs: 2_000 },
      });
    },
    run: (name, key) => {
      const job = deposits.jobs.find((candidate) => candidate.name === name) as Job<DepositsPorts, unknown, unknown, unknown>;
      return runJob({
        ...{ job, ports, key, database, clock, settings, log: silent, holder, meter, parts: new Set() },
        options: job.options.parse({}),
        draining: new AbortController().signal,
        signal: new AbortController().signal,
      });
    },
  };
}

/** A fill of the 20th of November 2026, due on the 24th in Seoul and New York: a Friday, and no holiday on either side. */
export function aFill(over: object = {}): object {
  return { type: 'FILLED', fillId: 'f-1', userId: '1', market: 'XNYS', amountMinor: '-300', executedAt: '2026-11-20T15:30:00Z', ...over };
}

/** What does not add up: balances by the ledger, recomputed here, beside those of the account and of Redis. */
export async function flawsOf({ database, redis }: Pick<Deposits, 'database' | 'redis'>): Promise<readonly unknown[]> {
  const flaws: unknown[] = [];
  const accounts = await database.query<{ userId: bigint; balance: bigint; fold: bigint }>(folds);
  for (const { userId, balance, fold } of accounts) {
    const shown = await redis.get(`user:${userId}:balance`);
    if (balance !== fold || shown !== balance.toString()) flaws.push({ userId, balance, fold, shown });
  }
  const staged = await database.query<{ userId: bigint; day: string; value: bigint }>(stagedDays);
  for (const { userId, day, value } of staged) {
    const shown = await redis.get(`user:${userId}:batch_balance:${day}`);
    if (shown !== value.toString()) flaws.push({ userId, day, value, shown });
  }
  const expected = new Set(staged.map(({ userId, day }) => `user:${userId}:batch_balance:${day}`));
  const strays = (await redis.keys('user:*:batch_balance:*')).filter((key) => !expected.has(key));
  const days = [...new Set(staged.map(({ day }) => day))].sort();
  const indexes = (await redis.zrange('deposits:staged', '0', '-1')).sort();
  if (indexes.join() !== days.join()) flaws.push({ indexes, days });
  for (const day of days) {
    const members = (await redis.zrange(`deposits:staged:${day}`, '0', '-1')).sort();
    const users = staged.filter((one) => one.day === day).map(({ userId }) => userId.toString());
    if (members.join() !== users.sort().join()) flaws.push({ day, members, users });
  }
  return [...flaws, ...strays];
}

const openAccounts = `
  WITH opened AS (
    INSERT INTO deposits.account (user_id, balance_minor)
    SELECT * FROM unnest($1::bigint[], $2::bigint[]) RETURNING user_id, balance_minor
  )
  INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, due_on, applied_on, recorded_at)
  SELECT user_id, 'opening:' || user_id, 'OPENING', balance_minor, '2026-01-01', '2026-01-01', '2026-01-01Z' FROM opened`;

const folds = `
  SELECT user_id AS "userId", balance_minor AS balance, coalesce((
    SELECT sum(amount_minor) FROM deposits.ledger WHERE user_id = account.user_id AND applied_on IS NOT NULL), 0)::bigint AS fold
  FROM deposits.account ORDER BY user_id`;

const stagedDays = `
  SELECT DISTINCT ledger.user_id AS "userId", due_on AS day, (balance_minor + (
    SELECT sum(amount_minor) FROM deposits.ledger AS earlier
    WHERE earlier.user_id = ledger.user_id AND applied_on IS NULL AND earlier.due_on <= ledger.due_on))::bigint AS value
  FROM deposits.ledger JOIN deposits.account USING (user_id) WHERE applied_on IS NULL`;
