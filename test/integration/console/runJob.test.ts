import { beforeAll, describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { runJobRoute } from '../../../src/console/house/runJobRoute.ts';
import { failRun } from '../../../src/runtime/jobs/runState.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { anApi, type AnApi } from './anApi.ts';

const clock = { ...realClock, now: () => new Date('2026-11-15T00:00:00Z') };
let api: AnApi;
const ask = async (name: string, job: string, key: string): Promise<{ readonly status: number; readonly body: unknown }> => {
  const reason = name === 'job.run' ? { reason: 'a test' } : {};
  const { status, body } = await api.ask(api.tokens.operator, name, { job, key, ...reason });
  return { status, body };
};

beforeAll(async () => {
  api = await anApi((database) => bindRoutes([runJobRoute], { database, clock, jobs: systems.jobs } as unknown as HousePorts));
});

describe('a run that an operator opens', () => {
  it('is said to be what it becomes: new, under way, going on, made again', async () => {
    const job = 'billing.settle';
    const answer = (state: string, run: string | null) => ({ status: 200, body: { job, key: '2026-11', state, run } });
    const both = async (): Promise<readonly unknown[]> => [
      await ask('job.run/effect', job, '2026-11'),
      await ask('job.run', job, '2026-11'),
    ];
    expect(await both()).toEqual([answer('new', null), answer('new', null)]);
    const [row] = await api.database.query<{ id: bigint }>('SELECT id FROM weir.job_run');
    const id = row?.id ?? 0n;
    expect(await both()).toEqual(Array.from({ length: 2 }, () => answer('under way already', id.toString())));
    await failRun(api.database, id, { code: 'refused', text: 'no usage' });
    expect(await both()).toEqual(Array.from({ length: 2 }, () => answer('goes on where it stood', id.toString())));
    await failRun(api.database, id, { code: 'incomplete', text: 'a bill less' });
    expect(await both()).toEqual(Array.from({ length: 2 }, () => answer('made again from its first row', id.toString())));
  });

  it.each([
    ['billing.settle', '2026-12'],
    ['billing.dispatch', '2026-11-16'],
    ['deposits.settle', '2026-11-16'],
    ['payments.dailyReport', '2026-11-15'],
    ['accounting.cumulativeReport', '2026-11-15'],
  ])('is refused before it is opened where its time has not come: %s of %s', async (job, key) => {
    expect(await ask('job.run/effect', job, key)).toMatchObject({ status: 400, body: { code: 'invalidKey' } });
    expect(await ask('job.run', job, key)).toMatchObject({ status: 400 });
    expect(await api.database.query({ text: 'SELECT FROM weir.job_run WHERE job = $1 AND key = $2', values: [job, key] })).toEqual([]);
  });
});
