import { Client } from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { settle } from '../../../pipelines/billing/settle.job.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { settlementFlaws } from './settlementFlaws.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const small = ['jobs.pageSize=10', 'jobs.partitionsAtOnce=2', 'billing.settle.chunk.size=10'].flatMap((set) => ['--set', set]);

/** Keeps everybody from writing bills until it is called. */
async function holdBills({ environment }: MonthToBill): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: environment['WEIR_DATABASE_URL'] });
  await client.connect();
  let isHolding = true;
  const release = async (): Promise<void> => {
    if (isHolding) await client.end();
    isHolding = false;
  };
  atTheEnd(release);
  await client.query('BEGIN; LOCK TABLE billing.billing_p IN SHARE MODE');
  return release;
}

describe('two daemons over one database', () => {
  const startDaemon = ({ environment }: MonthToBill, instance: string): WeirProcess =>
    startWeir({ ...environment, WEIR_INSTANCE: instance, WEIR_JOBS_LEASE_MS: '6000' }, 'run', '--profile', 'billing-batch', ...small);

  it('share the partitions of one run', async () => {
    const month = await aMonth({ members: 120 });
    const { database, billing } = month;
    const daemons = [startDaemon(month, 'one'), startDaemon(month, 'two')];
    // Whoever works alone on the run for long gives up waiting for the bills, and claims again.
    await until(
      'both look for runs',
      async () => (await Promise.all(daemons.map((daemon) => daemon.ask('/readyz')))).every(({ status }) => status === 200),
      { limitMs: 60_000 },
    );
    const release = await holdBills(month);
    await insertRun(database, { job: settle.name, key: billing, planVersion: settle.planVersion });
    const holders = await until(
      'every partition has a holder',
      async () => {
        const rows = await database.query<{ holder: string }>(
          `SELECT lease_owner AS holder FROM weir.job_partition WHERE status = 'RUNNING' ORDER BY lease_owner`,
        );
        return rows.length === 4 ? rows.map(({ holder }) => holder) : undefined;
      },
      { limitMs: 60_000 },
    );
    expect(holders).toEqual(['one', 'one', 'two', 'two']);
    await release();
    for (const daemon of daemons) {
      await daemon.logged('run left', { state: 'completed' });
      expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    }
    // Each was claimed once: so what its holder had, its holder did.
    expect(await database.query('SELECT sum(token)::integer AS claims FROM weir.job_partition')).toEqual([{ claims: 4 }]);
    expect(await settlementFlaws(month)).toEqual([]);
  });
});

/** A digest of everything that a settlement writes. */
async function written({ database }: MonthToBill): Promise<unknown> {
  const tables = ['billing.billing_p', 'billing.billing_detail_p', 'weir.job_run', 'weir.job_partition', 'weir.job_skip'];
  return Promise.all(
    tables.map((table) => database.query(`SELECT count(*), md5(string_agg(row::text, ',' ORDER BY row::text)) FROM ${table} AS row`)),
  );
}

const fenced = ['job partition left to its lease', { code: 'fenced' }] as const;

/** Where a settlement stands still. */
const moments = [
  ['after the claim of a partition', 'weir-job-claim-partitions', 1],
  ['between two chunks', 'billing.settlePage', 3],
  ['in a chunk, between its bills and their lines', 'billing.insertLines', 2],
] as const;

/** Runs a settlement until its process stands still, as a machine that is suspended. */
async function standing(month: MonthToBill, marker: string, nth: number): Promise<WeirProcess> {
  const { proxy, url } = await through(month.environment['WEIR_DATABASE_URL']);
  const still = startWeir({ ...month.environment, WEIR_DATABASE_URL: url, WEIR_INSTANCE: 'still' }, ...settleWords(month));
  await proxy.strike(marker, 'pass', { nth, call: () => still.signal('SIGSTOP') });
  return still;
}

function settleWords({ billing }: MonthToBill): readonly string[] {
  return ['run', '--job', 'billing.settle', '--key', billing, ...small];
}

describe('a settlement whose process stands still past its lease', () => {
  it.each(moments)('%s is taken over, and writes nothing when it goes on', async (_, marker, nth) => {
    const month = await aMonth({ members: 120 });
    const still = await standing(month, marker, nth);
    await weirHere({ ...month.environment, WEIR_INSTANCE: 'next' }, ...settleWords(month));
    const before = await written(month);
    still.signal('SIGCONT');
    expect(await still.ended, still.errors()).toEqual({ code: 0, signal: null });
    await still.logged(...fenced);
    expect(await written(month)).toEqual(before);
    expect(await settlementFlaws(month)).toEqual([]);
  });

  it.each(moments)('%s finds out when it goes on in the middle of what its successor does', async (_, marker, nth) => {
    const month = await aMonth({ members: 120 });
    const { database, environment } = month;
    const still = await standing(month, marker, nth);
    const release = await holdBills(month);
    const next = startWeir({ ...environment, WEIR_INSTANCE: 'next', WEIR_JOBS_LEASE_MS: '6000' }, ...settleWords(month));
    await until(
      'both of its partitions were taken',
      async () => {
        const taken = await database.query(
          `SELECT FROM weir.job_partition WHERE status = 'RUNNING' AND lease_owner = 'next' AND token > 1`,
        );
        return taken.length === 2;
      },
      { limitMs: 60_000 },
    );
    still.signal('SIGCONT');
    await still.logged(...fenced);
    await release();
    expect(await next.ended, next.errors()).toEqual({ code: 0, signal: null });
    expect(await still.ended, still.errors()).toEqual({ code: 0, signal: null });
    expect(await settlementFlaws(month)).toEqual([]);
  });
});
