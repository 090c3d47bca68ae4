import { describe, expect, it } from 'vitest';
import { periodStore } from '../../../pipelines/billing/periodStore.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { listRuns } from '../../../src/runtime/jobs/listRuns.ts';
import { countsOf } from '../../../stack/demo/law.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';
import { theTopic } from './theTopic.ts';

const settleRun = (key: string) => ({ job: 'billing.settle', key, planVersion: 1 });

/** A member with usage of the month, and of one of long ago that can be settled too. */
async function loadOldAndNew(month: AMonth): Promise<void> {
  await periodStore(month.database).provideMonths(['2024-12']);
  await month.load([{}], (_, line) => (line === 0 ? { usedOn: '2024-12-10' } : {}));
}

describe('weir run --profile', () => {
  it('runs the pipelines of its profiles and works on the runs of their jobs, and leaves the others alone', async () => {
    const month = await aMonth();
    await loadOldAndNew(month);
    await month.dispatch();
    await insertRun(month.database, settleRun('2025-01'));
    const topic = await theTopic(month.redisUrl);
    const before = await topic.everything();

    const batch = startWeir(month.environment, 'run', '--profile', 'billing-batch');
    await batch.logged('run left', { job: 'billing.settle', key: '2025-01', state: 'completed' });
    expect(countsOf((await batch.ask('/metrics')).text)).toEqual([]);
    expect(await batch.stop()).toEqual({ code: 0, signal: null });
    expect(await topic.everything()).toBe(before);
    expect(month.inbox.count()).toBe(0);

    await insertRun(month.database, settleRun('2025-02'));
    const consumer = startWeir(month.environment, 'run', '--profile', 'consumer');
    await eventually('a mail came', () => month.inbox.count() >= 1);
    const consumed = countsOf((await consumer.ask('/metrics')).text).map(({ pipeline }) => pipeline);
    expect(consumed.sort()).toEqual(['billing.deadLetters', 'billing.deliver', 'billing.deliverSms']);
    expect(await consumer.stop()).toEqual({ code: 0, signal: null });
    expect((await listRuns(month.database, { isUnfinished: true })).map(({ key, status }) => [key, status])).toEqual([
      ['2025-02', 'PLANNING'],
    ]);
  });
});

describe('weir run --hold', () => {
  it('starts with everything paused: nothing is read and no run is worked on, until a daemon without it', async () => {
    const month = await aMonth();
    await loadOldAndNew(month);
    await month.dispatch();
    await insertRun(month.database, settleRun('2025-01'));
    const topic = await theTopic(month.redisUrl);

    const held = startWeir(month.environment, 'run', '--hold', '--set', 'jobs.pollMs=20');
    expect(await held.logged('pipeline state', { state: 'paused' })).toMatchObject({
      pipeline: 'billing.deliver',
      reason: 'held at start',
    });
    await eventually('it is ready', async () => (await held.ask('/readyz')).status === 200);
    // A scrape leaves out what it is not answered within a second.
    const text = await eventually('it tells what waits', async () => {
      const scrape = (await held.ask('/metrics')).text;
      return scrape.includes('weir_pipeline_lag{pipeline="billing.deliver"}') ? scrape : undefined;
    });
    expect(text).toContain('weir_pipeline_state{pipeline="billing.deliver",state="paused"} 1');
    expect(text).toContain('weir_pipeline_lag{pipeline="billing.deliver"} 1');
    expect(await held.stop()).toEqual({ code: 0, signal: null });
    expect({ pending: await topic.pending(), mails: month.inbox.count() }).toEqual({ pending: 0, mails: 0 });
    expect((await listRuns(month.database, { isUnfinished: true })).map(({ status }) => status)).toEqual(['PLANNING']);

    const free = startWeir(month.environment, 'run');
    await eventually('a mail came', () => month.inbox.count() >= 1);
    await free.logged('run left', { key: '2025-01', state: 'completed' });
    expect(await free.stop()).toEqual({ code: 0, signal: null });
  });
});
