import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Contest } from './benchmark.ts';
import { DepositsProcess } from './deposits/depositsProcess.ts';
import type { DepositsWork } from './deposits/depositsWork.ts';
import { fillDeposits } from './deposits/fillDeposits.ts';
import { settleInOneStatement } from './deposits/oneStatement.ts';
import { requireBalances, requireLedger, requireNoIndex, requireShown } from './deposits/requireSettled.ts';
import { scanAndSet } from './deposits/scanAndSet.ts';
import { fillStream, requireStaged } from './deposits/stageTrades.ts';
import { favour } from './load/favour.ts';
import { blockingMs, watchSlowCommands, type SlowCommand } from './load/slowCommands.ts';
import type { ResidentMemory } from './settle/residentMemory.ts';

/** The baseline is so much slower that a part of the users tells its rate. */
const baselineShare = 0.1;

/**
 * A night of deposits: the job `deposits.settle` as the daemon runs it, over users with a fill each that is due. Baseline: SCAN, and for
 * each user GET, UPDATE, SET, UNLINK. Ceiling: PostgreSQL alone moves all balances by one statement, and Redis shows nothing of it. A command of
 * ours that blocks Redis for more than 10 ms fails the run. The facts are memory, and what staging and showing all again give.
 */
export const depositsSettle: Benchmark = { name: 'depositsSettle', unit: 'users', size: 100_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  // Vacuuming would begin somewhere in the midst of a run.
  const { url: databaseUrl } = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  const { url: redisUrl } = started.adopt(await startRedis(), (service) => service.close());
  await migrate({ url: databaseUrl, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  const client = started.adopt(new Client({ connectionString: databaseUrl }), (opened) => opened.end());
  await client.connect();
  const redis = started.adopt(new Redis(redisUrl), (opened) => opened.disconnect());
  const weir = started.adopt(new DepositsProcess({ databaseUrl, redisUrl }), (child) => child.close());
  const memories: ResidentMemory[] = [];
  await favour(redis);
  let heldUp = 0;
  const watched = async (work: DepositsWork): Promise<void> => {
    const slowCommands = await watchSlowCommands(redis, blockingMs);
    memories.push(await weir.do(work));
    const slow = await slowCommands();
    const blocking = slow.filter(({ ownMs }) => ownMs > blockingMs);
    if (blocking.length > 0) throw new Error(`Redis was blocked by ${blocking.map(sentenceOf).join(', ')}.`);
    heldUp += slow.length;
  };
  const part = Math.max(1, Math.round(size * baselineShare));
  const all = started.move();
  return {
    entrants: {
      ours: {
        prepare: () => fillDeposits(client, redis, size),
        run: async () => {
          await watched('settle');
          return size;
        },
        check: async () => {
          await requireBalances(client, size);
          await requireLedger(client, size);
          await requireShown(redis, size);
          await requireNoIndex(redis);
        },
      },
      baseline: {
        prepare: () => fillDeposits(client, redis, part),
        run: () => scanAndSet(databaseUrl, redis),
        check: async () => {
          await requireBalances(client, part);
          await requireShown(redis, part);
        },
      },
      ceiling: {
        prepare: () => fillDeposits(client, redis, size),
        run: async () => {
          await settleInOneStatement(client);
          return size;
        },
        check: async () => {
          await requireBalances(client, size);
          await requireLedger(client, size);
        },
      },
    },
    facts: async () => {
      const settling = memories.at(-1);
      const rebuilding = await timed(size, async () => {
        await fillDeposits(client, redis, size);
        await settleInOneStatement(client);
        await redis.flushall();
        return () => watched('rebuild');
      });
      await requireShown(redis, size);
      const staging = await timed(size, async () => {
        await fillStream(client, redis, size);
        return () => watched({ trades: size });
      });
      await requireStaged(client, redis, size);
      return {
        'resident memory of Node.js, MB by tenths of the last run': settling?.tenths.join(', ') ?? '',
        'users shown again by deposits.rebuild a second': rebuilding,
        'fills staged by deposits.stage a second': staging,
        'commands of ours that took longer than 10 ms, all for want of a processor': heldUp,
      };
    },
    close: () => all.disposeAsync(),
  };
}

/** How many units a second some work does that `prepare` has prepared. */
async function timed(units: number, prepare: () => Promise<() => Promise<void>>): Promise<number> {
  const work = await prepare();
  const startedMs = performance.now();
  await work();
  return Math.round(units / ((performance.now() - startedMs) / 1_000));
}

function sentenceOf({ words, tookMs, ownMs }: SlowCommand): string {
  return `${words.slice(0, 3).join(' ').slice(0, 80)} (${tookMs} ms, ${Math.round(ownMs)} of its own)`;
}
