import { describe, expect, it, vi } from 'vitest';
import { createMetrics, type Metrics } from '../../src/metrics/metrics.ts';
import { defineGauges } from '../../src/runtime/gauges/gaugeQuestion.ts';
import { realClock } from '../../src/runtime/clock.ts';

const statement = (): { text: string } => ({ text: 'never sent here' });
const parked = defineGauges({ profile: 'test', metrics: ['weir_payments_parked'], labels: { reason: ['A', 'B'] }, statement });
const waiting = defineGauges({
  profile: 'test',
  metrics: ['weir_refunds_waiting', 'weir_refunds_oldest_seconds'],
  labels: { status: ['SENT'] },
  statement,
});

async function samplesOf(metrics: Metrics): Promise<readonly string[]> {
  const { text } = await metrics.scrape();
  return text.split('\n').filter((line) => /^weir_(payments|refunds)_/.test(line));
}

describe('the gauges of systems', () => {
  it('tell what the rows say, 0 for what has no row, and what nobody has listed as other', async () => {
    const metrics = createMetrics(realClock);
    const rows = [
      { reason: 'B', weir_payments_parked: 2n },
      { reason: 'from input', weir_payments_parked: 3n },
      { reason: null, weir_payments_parked: 4n },
    ];
    metrics.watchGauges({ questions: [parked], ask: () => Promise.resolve(rows) });
    const expected = ['{reason="A"} 0', '{reason="B"} 2', '{reason="other"} 7'].map((rest) => `weir_payments_parked${rest}`);
    expect(await samplesOf(metrics)).toEqual(expected);
    // Anew each time: nothing is added to what the scrape before has told.
    expect(await samplesOf(metrics)).toEqual(expected);
  });

  it('are told several by one statement', async () => {
    const metrics = createMetrics(realClock);
    const rows = [{ status: 'SENT', weir_refunds_waiting: 2n, weir_refunds_oldest_seconds: 1.5 }];
    metrics.watchGauges({ questions: [waiting], ask: () => Promise.resolve(rows) });
    expect(await samplesOf(metrics)).toEqual(['weir_refunds_waiting{status="SENT"} 2', 'weir_refunds_oldest_seconds{status="SENT"} 1.5']);
  });

  it('are left out where the database does not answer, also those that it has told before, and the others are told', async () => {
    const metrics = createMetrics(realClock);
    const questions = [parked, waiting];
    metrics.watchGauges({ questions, ask: () => Promise.resolve([]) });
    expect(await samplesOf(metrics)).toHaveLength(4);
    metrics.watchGauges({ questions, ask: (question) => (question === parked ? Promise.reject(new Error('away')) : Promise.resolve([])) });
    expect(await samplesOf(metrics)).toEqual(['weir_refunds_waiting{status="SENT"} 0', 'weir_refunds_oldest_seconds{status="SENT"} 0']);
  });

  it('do not hold a scrape whose database hangs, which is asked nothing more then', async () => {
    const metrics = createMetrics(realClock);
    const hanging = Promise.withResolvers<readonly object[]>();
    const ask = vi.fn(() => hanging.promise as Promise<readonly Record<string, unknown>[]>);
    metrics.watchGauges({ questions: [parked, waiting], ask });
    expect(await samplesOf(metrics)).toEqual([]);
    hanging.resolve([]);
    await hanging.promise;
    metrics.watchGauges({ questions: [], ask });
    expect(await samplesOf(metrics)).toEqual([]);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
