import { beforeAll, describe, expect, it } from 'vitest';
import { settle } from '../../../pipelines/billing/settle.job.ts';
import { openRun, openRunWithin } from '../../../src/runtime/jobs/openRun.ts';
import { failRun } from '../../../src/runtime/jobs/runState.ts';
import type { WeirProcess } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';
import { anOperatedMonth, type OperatedMonth } from './aDaemon.ts';

interface Overview {
  readonly instance: string;
  readonly attention: readonly { readonly level: string; readonly text: string; readonly view: string; readonly since: string | null }[];
  readonly pipelines: readonly Readonly<Record<string, unknown>>[];
  readonly jobs: readonly Readonly<Record<string, unknown>>[];
  readonly schedules: readonly { readonly schedule: string }[];
  readonly dependencies: readonly { readonly name: string; readonly state: string }[];
}

interface ShownPartition {
  readonly partition: string;
  readonly watermark: string | null;
  readonly newestRead: string | null;
}

let month: OperatedMonth;
let weir: WeirProcess;
/** The last entry that a pipeline was given. */
let newestRead = '';
const overview = async (): Promise<Overview> => (await month.say('overview', 'show')).answer as unknown as Overview;

beforeAll(async () => {
  month = await anOperatedMonth();
  await month.load([{}, {}, {}]);
  await month.dispatch();
  weir = await month.start();
});

describe('everything at a glance', () => {
  it('tells what pipelines have done and how they stand', async () => {
    await eventually('the bills are sent', async () => (await month.bills())['COMPLETED'] === 3);
    // A message is settled a little after its bill says so.
    await eventually('it is told of the pipeline', async () => {
      const { pipelines, instance } = await overview();
      expect(instance).not.toBe('');
      const deliver = pipelines.find(({ pipeline }) => pipeline === 'billing.deliver');
      expect(deliver).toMatchObject({ state: 'running', reason: null, lag: 0, inFlight: 0, oldestSeconds: 0, dead: 0, pausedBy: null });
      return true;
    });
  });

  it('has first what needs a person: a run that failed, a pipeline that is paused, messages put aside', async () => {
    // At once: the daemon, which looks for open runs, would fail it for a reason of its own.
    const run = await month.database.withTransaction(async (transaction) => {
      const opened = await openRunWithin(transaction, { job: settle.name, key: '2000-01', planVersion: settle.planVersion });
      await failRun(transaction, opened, { code: 'refused', text: 'no usage' });
      return opened;
    });
    newestRead = await month.topic.append('key', 'poison', 'value', 'x');
    await month.say('pipelines', 'pause', 'billing.deliverSms', '--reason', 'the provider asked');
    await eventually('all three are told', async () => {
      // Schedules are off here, which each is told of.
      const attention = (await overview()).attention.filter(({ view }) => view !== '#/schedules');
      expect(attention.map(({ level, view }) => `${level} ${view}`)).toEqual([
        `page #/jobs/${run}`,
        'ticket #/pipelines/billing.deliverSms',
        'ticket #/dead-letters/queuing.billing.email.send',
      ]);
      return true;
    });
    const { attention, jobs } = await overview();
    expect(attention[0]).toMatchObject({
      text: 'billing.settle:2000-01 has failed: no usage',
      since: expect.stringMatching(/Z$/) as string,
    });
    expect(attention.find(({ view }) => view === '#/pipelines/billing.deliverSms')?.since).toMatch(/Z$/);
    expect(attention).toContainEqual({
      ...{ level: 'ticket', view: '#/schedules', since: null },
      text: 'billing.settle is off by schedules.billing.settle.enabled: what it would run is skipped',
    });
    expect(attention.map(({ text }) => text)).toContainEqual(expect.stringContaining('billing.deliverSms is paused'));
    expect(jobs.find(({ job }) => job === settle.name)).toMatchObject({ status: 'FAILED', key: '2000-01', run: run.toString() });
  });

  it('tells of one pipeline its stages, partitions, errors and counts, which add up', async () => {
    const shown = (await month.say('pipelines', 'show', 'billing.deliver')).answer as unknown as {
      readonly stages: readonly {
        readonly stage: string;
        readonly calls: number;
        readonly meanMs: number | null;
        readonly p99Ms: number | null;
      }[];
      readonly errors: readonly object[];
      readonly partitions: readonly ShownPartition[];
      readonly counts: Readonly<Record<string, number>>;
      readonly windowSize: number;
    };
    const { received = 0, inFlight = 0, ...ended } = shown.counts;
    expect(received).toBe(Object.values(ended).reduce((sum, count) => sum + count, inFlight));
    expect(received).toBe(4);
    expect(shown.errors).toEqual([{ stage: 'decode', code: expect.any(String) as string, count: 1 }]);
    const send = shown.stages.find(({ stage }) => stage === 'send');
    expect(send?.calls).toBe(3);
    expect(send?.p99Ms).toBeGreaterThanOrEqual(send?.meanMs ?? Infinity);
    const partition = expect.stringMatching(/^queuing\.billing\.email\.send\//) as string;
    for (const each of shown.partitions)
      expect(each).toEqual({ ...each, partition, watermark: each.newestRead, open: 0, standsSeconds: 0 });
    // Whichever reader came first has each entry.
    expect(shown.partitions.map((each) => each.newestRead)).toContain(newestRead);
    expect(shown.windowSize).toBeGreaterThan(0);
    expect(await month.say('pipelines', 'show', 'billing.none')).toMatchObject({
      errors: expect.stringContaining('there is no pipeline') as string,
    });
  });

  it('is told live, at once and again, to whoever bears a token', async () => {
    const url = await weir.adminUrl();
    expect((await fetch(`${url}/api/live`)).status).toBe(401);
    const response = await fetch(`${url}/api/live`, { headers: { authorization: `Bearer ${month.token}` } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (text.split('event: overview').length < 3) text += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    const [first] = /(?<=^data: ).*$/m.exec(text) ?? [];
    expect(JSON.parse(first ?? '')).toMatchObject({ pipelines: expect.any(Array) as unknown, attention: expect.any(Array) as unknown });
  });
});

describe('a run', () => {
  it('is listed, shown, stopped and run again', async () => {
    const run = await openRun(month.database, { job: settle.name, key: '2000-02', planVersion: settle.planVersion });
    const ask = async (name: string, body: object): Promise<{ readonly status: number; readonly body: unknown }> => {
      const headers = { authorization: `Bearer ${month.token}`, 'content-type': 'application/json' };
      const response = await fetch(`${await weir.adminUrl()}/api/job/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    };
    const { body } = await ask('list', { job: settle.name });
    expect((body as { runs: readonly { readonly run: string }[] }).runs[0]).toMatchObject({ run: run.toString(), key: '2000-02' });
    expect((await ask('list', { before: run.toString(), job: settle.name, limit: 1 })).body).toMatchObject({ runs: [{ key: '2000-01' }] });
    await eventually('it has ended', async () => {
      const shown = (await ask('show', { run: run.toString() })).body as { readonly status: string };
      return shown.status === 'COMPLETED' || shown.status === 'FAILED';
    });
    expect(await ask('stop', { run: run.toString(), reason: 'too late' })).toMatchObject({ status: 409 });
    expect(await ask('stop', { run: '999999', reason: 'none' })).toMatchObject({ status: 404 });
    await month.database.execute({
      text: `UPDATE weir.job_run SET status = 'PLANNING', planned_at = NULL, finished_at = NULL, not_before = clock_timestamp() + interval '1 hour' WHERE id = $1`,
      values: [run],
    });
    expect(await ask('stop', { run: run.toString(), reason: 'the wrong month' })).toMatchObject({
      status: 200,
      body: { state: 'stopped' },
    });
    expect(await ask('show', { run: run.toString() })).toMatchObject({ body: { status: 'STOPPED' } });
  });
});

describe('a schedule', () => {
  it('is paused by an operator, which its fires say, and resumed', async () => {
    await month.say('schedule', 'pause', 'billing.redispatch', '--reason', 'the provider asked');
    expect((await overview()).attention.map(({ level, text }) => `${level} ${text}`)).toContainEqual(
      'ticket billing.redispatch is paused by kim: the provider asked',
    );
    expect((await month.say('schedule', 'pause', 'billing.redispatch', '--reason', 'again')).answer).toMatchObject({
      state: 'was paused before',
    });
    const headers = { authorization: `Bearer ${month.token}`, 'content-type': 'application/json' };
    const listed = async (): Promise<unknown> => {
      const answer = await fetch(`${await weir.adminUrl()}/api/schedule/list`, { method: 'POST', headers, body: '{}' });
      const { schedules } = (await answer.json()) as { readonly schedules: readonly { readonly schedule: string }[] };
      return schedules.find(({ schedule }) => schedule === 'billing.redispatch');
    };
    expect(await listed()).toMatchObject({ pausedBy: 'kim', pausedBecause: 'the provider asked', keyNow: expect.any(String) as string });
    expect((await month.say('schedule', 'resume', 'billing.redispatch', '--reason', 'back')).answer).toMatchObject({
      ...{ state: 'resumed, and stays off', offBy: 'schedules.billing.redispatch.enabled' },
      skipped: 0,
    });
    expect(await listed()).toMatchObject({ pausedBy: null });
    expect(await month.say('schedule', 'pause', 'billing.none', '--reason', 'x')).toMatchObject({
      errors: expect.stringContaining('no schedule') as string,
    });
  });

  it('names what its pause has swallowed, which is told of as something to look at now until it is run', async () => {
    await month.say('schedule', 'pause', settle.name, '--reason', 'a deploy');
    await month.database.execute({
      text: `
        INSERT INTO weir.schedule_fire (schedule, fire_at, state, reason, paused_by)
        VALUES ($1, '1999-11-30T15:00:00Z', 'SKIPPED', 'kim has paused the schedule', 'kim')`,
      values: [settle.name],
    });
    const swallowed = async (): Promise<readonly string[]> =>
      (await overview()).attention.flatMap(({ level, text }) =>
        text.includes('had paused its schedule') ? [`${level} ${text.slice(0, 34)}`] : [],
      );
    expect(await swallowed()).toEqual(['page billing.settle:1999-12 did not run']);
  });
});
