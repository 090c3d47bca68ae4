import { concat, mergeMap, NEVER, of, type OperatorFunction } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { isOpen, type Message } from '../../src/message/message.ts';
import { catalogue } from '../../src/metrics/catalogue.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { supervise } from '../../src/runtime/supervise.ts';
import { aSpec } from '../support/aSpec.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

/** Values by series, of the lines that begin with `name`. */
function series(text: string, name: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe('createMetrics', () => {
  it('shows the law of a pipeline in every scrape, work in flight included', async () => {
    const chain: OperatorFunction<Message<number>, Message<number>> = mergeMap((message) =>
      isOpen(message) && message.value >= 30 ? NEVER : of(message),
    );
    const spec = aSpec<number>({ source: scriptedSource({ count: 40 }), chain: (message$) => message$.pipe(chain) });
    const metrics = createMetrics(spec.clock);
    const supervised = supervise({ ...spec, restart: { firstMs: 1, maxMs: 1 }, onWedged: () => undefined });
    metrics.watch({ supervised, lag: () => Promise.resolve(7), isPaused: () => false });
    await spec.clock.advance(60_000);
    const { text } = await metrics.scrape();
    const ended = [...series(text, 'weir_pipeline_messages_total').values()].reduce((sum, value) => sum + value, 0);
    expect(series(text, 'weir_pipeline_received_total').get('weir_pipeline_received_total{pipeline="test.pipeline"}')).toBe(40);
    expect(series(text, 'weir_pipeline_in_flight').get('weir_pipeline_in_flight{pipeline="test.pipeline"}')).toBe(10);
    expect(ended).toBe(30);
    expect(text).toContain('weir_pipeline_lag{pipeline="test.pipeline"} 7');
    expect(text).toContain('weir_pipeline_state{pipeline="test.pipeline",state="running"} 1');
    expect(series(text, 'weir_pipeline_watermark_age').values().next().value).toBeCloseTo(60);
    supervised.cut();
    await supervised.ended;
  });

  it('has no watermark stand where nothing waits above it, however long nothing came', async () => {
    const spec = aSpec<number>({ source: scriptedSource({ count: 40 }), chain: (message$) => concat(message$, NEVER) });
    const metrics = createMetrics(spec.clock);
    const supervised = supervise({ ...spec, restart: { firstMs: 1, maxMs: 1 }, onWedged: () => undefined });
    metrics.watch({ supervised, lag: () => Promise.resolve(0), isPaused: () => false });
    await spec.clock.advance(60_000);
    expect(supervised.counts()).toMatchObject({ done: 40, inFlight: 0 });
    expect(supervised.spans()).toHaveLength(1);
    expect([...series((await metrics.scrape()).text, 'weir_pipeline_watermark_age').values()]).toEqual([0]);
    supervised.cut();
    await supervised.ended;
  });

  it.each([
    ['fails', () => Promise.reject(new Error('the broker is away'))],
    ['is not told in time', () => new Promise<number>(() => undefined)],
  ])('leaves out a lag that %s, and shows everything else', async (_what, lag) => {
    const spec = aSpec<number>({ source: scriptedSource({ count: 1 }), chain: (message$) => message$ });
    const metrics = createMetrics(spec.clock);
    const supervised = supervise({ ...spec, restart: { firstMs: 1, maxMs: 1 }, onWedged: () => undefined });
    let isAway = false;
    metrics.watch({ supervised, lag: () => (isAway ? lag() : Promise.resolve(7)), isPaused: () => false });
    expect((await metrics.scrape()).text).toContain('weir_pipeline_lag{pipeline="test.pipeline"} 7');
    isAway = true;
    const scrape = metrics.scrape();
    await spec.clock.advance(1_000);
    const { text } = await scrape;
    expect(series(text, 'weir_pipeline_lag{').size).toBe(0);
    expect(text).toContain('weir_pipeline_received_total{pipeline="test.pipeline"} 1');
    supervised.cut();
    await supervised.ended;
  });

  it('tells how far the open runs of each job are, and leaves out what nobody knows', async () => {
    const { clock } = aSpec({ source: scriptedSource() });
    const metrics = createMetrics(clock);
    const run = { job: 'known', rowsRead: 40n, total: 100n, rowsPerSecond: 2 };
    const runs = [run, { ...run, rowsRead: 10n, rowsPerSecond: 1 }, { ...run, job: 'unknown', total: null }];
    metrics.watchJobs({ names: ['known', 'unknown', 'idle'], openRuns: () => Promise.resolve(runs) });
    const { text } = await metrics.scrape();
    const of = (name: string): unknown => Object.fromEntries(series(text, `weir_job_${name}{`));
    expect(of('open_runs')).toEqual({
      'weir_job_open_runs{pipeline="known"}': 2,
      'weir_job_open_runs{pipeline="unknown"}': 1,
      'weir_job_open_runs{pipeline="idle"}': 0,
    });
    expect(of('read_rows')).toMatchObject({ 'weir_job_read_rows{pipeline="known"}': 50, 'weir_job_read_rows{pipeline="unknown"}': 40 });
    expect(of('expected_rows')).toEqual({ 'weir_job_expected_rows{pipeline="known"}': 200, 'weir_job_expected_rows{pipeline="idle"}': 0 });
    expect(of('eta_seconds')).toEqual({ 'weir_job_eta_seconds{pipeline="known"}': 90, 'weir_job_eta_seconds{pipeline="idle"}': 0 });
  });

  it.each([
    ['fails', () => Promise.reject(new Error('the database is away'))],
    ['is not told in time', () => new Promise<never>(() => undefined)],
  ])('leaves out the progress of jobs where it %s', async (_what, openRuns) => {
    const { clock } = aSpec({ source: scriptedSource() });
    const metrics = createMetrics(clock);
    metrics.watchJobs({ names: ['idle'], openRuns: () => Promise.resolve([]) });
    expect(series((await metrics.scrape()).text, 'weir_job_open_runs{').size).toBe(1);
    metrics.watchJobs({ names: ['idle'], openRuns });
    const scrape = metrics.scrape();
    await clock.advance(1_000);
    expect(series((await scrape).text, 'weir_job_').size).toBe(0);
  });

  it('shows the stages of a pipeline before they have worked, so that their first rise is seen as one', async () => {
    const { clock } = aSpec({ source: scriptedSource() });
    const metrics = createMetrics(clock);
    metrics.meterOf('billing.deliver', ['record']).stage('record', 0.02, 200);
    metrics.meterOf('billing.settle', ['write']);
    const { text } = await metrics.scrape();
    expect(text).toContain('weir_pipeline_stage_seconds_count{pipeline="billing.deliver",stage="record"} 1');
    for (const name of ['seconds_bucket{le="+Inf",', 'seconds_count{', 'messages_total{']) {
      expect(text).toContain(`weir_pipeline_stage_${name}pipeline="billing.settle",stage="write"} 0`);
    }
    expect(text).toContain('weir_pipeline_retries_total{pipeline="billing.settle",stage="write"} 0');
  });

  it('counts stages, retries and dead letters under the labels of the catalogue', async () => {
    const { clock } = aSpec({ source: scriptedSource() });
    const metrics = createMetrics(clock);
    const meter = metrics.meterOf('billing.deliver');
    meter.stage('record', 0.02, 200);
    meter.retried('send');
    meter.deadLettered('decode', 'undecodable');
    const { text } = await metrics.scrape();
    expect(text).toContain('weir_pipeline_stage_seconds_count{pipeline="billing.deliver",stage="record"} 1');
    expect(text).toContain('weir_pipeline_stage_messages_total{pipeline="billing.deliver",stage="record"} 200');
    expect(text).toContain('weir_pipeline_retries_total{pipeline="billing.deliver",stage="send"} 1');
    expect(text).toContain('weir_dead_letters_total{pipeline="billing.deliver",stage="decode",code="undecodable"} 1');
  });

  it('shows a counter of the business from its first mention on, so that its first rise is seen as one', async () => {
    const { clock } = aSpec({ source: scriptedSource() });
    const metrics = createMetrics(clock);
    metrics.count('weir_bills_parked_total', { reason: 'unknown' }, 0);
    expect((await metrics.scrape()).text).toContain('weir_bills_parked_total{reason="unknown"} 0');
    metrics.count('weir_bills_parked_total', { reason: 'unknown' }, 3);
    expect((await metrics.scrape()).text).toContain('weir_bills_parked_total{reason="unknown"} 3');
  });

  it('exports nothing of its own that the catalogue does not have', async () => {
    const { clock } = aSpec({ source: scriptedSource() });
    const { text } = await createMetrics(clock).scrape();
    const exported = [...text.matchAll(/^# TYPE (weir_\w+) /gm)].map(([, name]) => name);
    expect(exported.toSorted()).toEqual(Object.keys(catalogue).toSorted());
  });
});
