import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { fillMonth } from './settle/fillMonth.ts';
import { fingerprint, type Fingerprint } from './settle/fingerprint.ts';
import { usageFirst } from './settle/months.ts';
import { settleInSql } from './settle/pureSql.ts';
import type { ResidentMemory } from './settle/residentMemory.ts';
import { settleRowByRow } from './settle/rowByRow.ts';
import { SettleProcess } from './settle/settleProcess.ts';

/** The baseline is so much slower that a part of the members tells its rate. */
const baselineShare = 0.1;

/**
 * Settling a month: the job `billing.settle` as the daemon runs it, from planning to the check of its result, on a durable
 * PostgreSQL. Baseline: a statement for each row. Ceiling: PostgreSQL alone, on two connections. The results of all are compared
 * by hashes over bills and lines with that of the ceiling, which reckons the discounts by rules of its own.
 */
export const settleBenchmark: Benchmark = { name: 'settle', unit: 'bills', size: 100_000, open };

async function open(size: number): Promise<Contest> {
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = await startPostgres({ settings: ['autovacuum=off'] });
  const { url } = postgres;
  const client = new Client({ connectionString: url });
  await client.connect();
  await migrate({ url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  await fillMonth(client, size);
  const part = Math.max(1, Math.round(size * baselineShare));
  const truths = new Map<number, Fingerprint>();
  const memories: ResidentMemory[] = [];
  const weir = new SettleProcess();
  return {
    entrants: {
      ours: entrant(client, truths, size, async () => {
        memories.push(await weir.settle(url));
      }),
      baseline: entrant(client, truths, part, () => settleRowByRow(url, part)),
      ceiling: {
        ...entrant(client, truths, size, () => settleInSql(url)),
        check: async () => {
          for (const upTo of [part, size]) if (!truths.has(upTo)) truths.set(upTo, await fingerprint(client, upTo));
        },
      },
    },
    facts: () =>
      Promise.resolve({
        'resident memory of Node.js, MB at most': Math.max(...memories.map(({ highest }) => highest)),
        'resident memory of Node.js, MB by thirds of the last run': memories.at(-1)?.thirds.join(', ') ?? '',
        'bills and lines equal to those of the ceiling': `${truths.get(size)?.bills} and ${truths.get(size)?.lines}`,
      }),
    close: async () => {
      weir.close();
      await client.end();
      await postgres.close();
    },
  };
}

function entrant(client: Client, truths: ReadonlyMap<number, Fingerprint>, members: number, work: () => Promise<void>): Entrant {
  return {
    prepare: async () => {
      await client.query('TRUNCATE billing.billing_p, billing.billing_detail_p, weir.job_run CASCADE');
      await client.query('UPDATE billing.billing_period SET closed_at = NULL, closing_at = NULL WHERE period = $1', [usageFirst]);
      await client.query('CHECKPOINT');
    },
    run: async () => {
      await work();
      return members;
    },
    check: async () => {
      const [found, truth] = [await fingerprint(client, members), truths.get(members)];
      if (isDeepStrictEqual(found, truth)) return;
      throw new Error(`The result differs from the ceiling's: ${JSON.stringify(found)} instead of ${JSON.stringify(truth)}.`);
    },
  };
}
