import { describe, expect, it, vi } from 'vitest';
import { dispatch } from '../../../pipelines/billing/dispatch.job.ts';
import { redispatch } from '../../../pipelines/billing/redispatch.job.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { settle } from '../../../pipelines/billing/settle.job.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { delivered } from './deliveryFlaws.ts';
import { areAllSettled } from './emailMessages.ts';
import { loggedDeadLetters } from './loggedDeadLetters.ts';
import { MortalDaemons } from './mortalDaemons.ts';
import { settlementFlaws } from './settlementFlaws.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000 });

// Other seeds, or one again: CHAOS_SEED=7 npm test -- test/integration/crash/random.test.ts
const { CHAOS_SEED: given } = process.env;
const seeds = given === undefined ? [1, 2, 3] : given.split(',').map(Number);

const members = 300;
const concurrency = 5;
const recordSize = 10;
const kills = 10;

const small = [
  ...['jobs.pageSize=20', 'jobs.partitionsAtOnce=2', 'billing.settle.chunk.size=10', 'billing.dispatch.chunk.size=20'],
  ...['billing.redispatch.chunk.size=10', 'billing.deadLetters.log.size=3', `billing.deliver.send.concurrency=${concurrency}`],
  ...[`billing.deliver.record.size=${recordSize}`, 'billing.deliver.send.timeLimitMs=2000', 'billing.deliver.send.claimWaitMs=0'],
  ...['billing.deliver.send.retry.maxRetries=0', 'billing.deliver.leaseBeyondMs=2000', 'bus.idleLimitMs=1500'],
].flatMap((set) => ['--set', set]);

/** What the wire shows of each step. */
const markers = {
  database: [
    ...['INSERT INTO weir.job_partition', 'weir-job-claim-partitions', 'billing.settlePage', 'billing.insertBills', 'billing.insertLines'],
    ...['COMMIT', 'weir-job-advance-partition', 'billing.pageDue', 'billing.markDispatched', 'weir-job-complete-partition'],
    ...['billing.claim', 'billing.record', 'billing.appendFailLog', 'billing.markAgain', 'billing.park'],
  ],
  redis: ['xadd', 'XACK', 'XREADGROUP', 'send.dlt:written'],
};

const patience = { limitMs: 120_000 };

async function completed(
  { database }: MonthToBill,
  run: { readonly job: string; readonly key: string; readonly planVersion: number },
): Promise<void> {
  await insertRun(database, run);
  const statement = { text: 'SELECT status FROM weir.job_run WHERE job = $1 AND key = $2', values: [run.job, run.key] };
  await until(
    `${run.job} has completed`,
    async () => {
      const [row] = await database.query<{ status: string }>(statement);
      expect(row?.status).not.toBe('FAILED');
      return row?.status === 'COMPLETED';
    },
    patience,
  );
}

/** Lets two daemons run a month while they die at random, and compares what is left. */
async function outlived(seed: number, month: MonthToBill): Promise<void> {
  const { database, billing, lastDay, inbox } = month;
  inbox.faults.add({ phase: 'rcpt', to: '3@', probability: 0.2, action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
  const { environment } = month;
  const daemons = new MortalDaemons({ environment, words: small, seed, kills, markers, surely: 'billing.claim' });
  const quiet = async (): Promise<boolean> => (await areAllSettled(month)) && (await loggedDeadLetters(month)).areSettled;
  try {
    await daemons.start();
    await completed(month, { job: settle.name, key: billing, planVersion: settle.planVersion });
    expect(await settlementFlaws(month)).toEqual([]);
    await completed(month, { job: dispatch.name, key: lastDay, planVersion: dispatch.planVersion });
    await until('all messages are settled', quiet, patience);
    await until('no claim holds', async () => {
      const held = await database.query('SELECT FROM billing.billing_p WHERE lease_until >= clock_timestamp()');
      return held.length === 0;
    });
    await completed(month, { job: redispatch.name, key: seoulMinute(new Date()), planVersion: redispatch.planVersion });
    await until('all messages are settled again', quiet, patience);
    await daemons.stop();

    const { flaws, bills } = await delivered(month);
    expect(flaws).toEqual([]);
    expect((await loggedDeadLetters(month)).flaws).toEqual([]);
    expect(bills.COMPLETED + bills.FAILED + bills.waiting + bills.parked).toBe(members - month.unbillable.length);
    expect(bills.waiting).toBe(members / 50);
    expect(bills.parked).toBeLessThanOrEqual(daemons.died * (concurrency + recordSize));
    // Without deaths it shows nothing.
    expect(daemons.died).toBeGreaterThan(0);
  } catch (error) {
    throw new Error(`seed ${seed}, CHAOS_SEED=${seed} repeats it: ${daemons.plans.join('; ')}`, { cause: error });
  }
}

it.each(seeds)('a month outlives daemons that die at random, with seed %i', async (seed) => {
  await outlived(seed, await aMonth({ members, quietEvery: 50 }));
});

describe.skipIf(sharedKafka() === undefined)('over Kafka', () => {
  it.each(seeds)('a month outlives daemons that die at random, with seed %i', async (seed) => {
    await outlived(seed, await aMonth({ members, quietEvery: 50, kafka: await aPrivateKafka() }));
  });
});
