import { describe, expect, it } from 'vitest';
import { systems } from '../../pipelines/index.ts';
import { createMetrics, type Metrics } from '../../src/metrics/metrics.ts';
import type { AskAllGauges, GaugeRow } from '../../src/runtime/gauges/askAllGauges.ts';
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
const imbalance = defineGauges({ profile: 'test', metrics: ['weir_remittances_imbalance_minor'], labels: {}, statement });

/** Answers each question with these rows. */
function always(rows: readonly GaugeRow[]): AskAllGauges {
  return (questions, told) => {
    for (const question of questions) told(question, rows);
    return Promise.resolve();
  };
}

async function samplesOf(metrics: Metrics): Promise<readonly string[]> {
  const { text } = await metrics.scrape();
  return text.split('\n').filter((line) => /^weir_(orders|payments|refunds|remittances)_/.test(line));
}

describe('the gauges of systems', () => {
  it('tell what the rows say, 0 for what has no row, and what nobody has listed as other', async () => {
    const metrics = createMetrics(realClock);
    const rows = [
      { reason: 'B', weir_payments_parked: 2n },
      { reason: 'from input', weir_payments_parked: 3n },
      { reason: null, weir_payments_parked: 4n },
    ];
    metrics.watchGauges({ questions: [parked], ask: always(rows) });
    const expected = ['{reason="A"} 0', '{reason="B"} 2', '{reason="other"} 7'].map((rest) => `weir_payments_parked${rest}`);
    expect(await samplesOf(metrics)).toEqual(expected);
    // Anew each time: nothing is added to what the scrape before has told.
    expect(await samplesOf(metrics)).toEqual(expected);
  });

  it('are told several by one statement', async () => {
    const metrics = createMetrics(realClock);
    const rows = [{ status: 'SENT', weir_refunds_waiting: 2n, weir_refunds_oldest_seconds: 1.5 }];
    metrics.watchGauges({ questions: [waiting], ask: always(rows) });
    expect(await samplesOf(metrics)).toEqual(['weir_refunds_waiting{status="SENT"} 2', 'weir_refunds_oldest_seconds{status="SENT"} 1.5']);
  });

  it('are left out where the database does not answer, also those that it has told before, and the others are told', async () => {
    const metrics = createMetrics(realClock);
    const questions = [parked, waiting];
    metrics.watchGauges({ questions, ask: always([]) });
    expect(await samplesOf(metrics)).toHaveLength(4);
    metrics.watchGauges({ questions, ask: (_, told, over) => always([])([waiting], told, over) });
    expect(await samplesOf(metrics)).toEqual(['weir_refunds_waiting{status="SENT"} 0', 'weir_refunds_oldest_seconds{status="SENT"} 0']);
  });

  it('are left out without a label too, where nobody asks for them or the database does not answer', async () => {
    const metrics = createMetrics(realClock);
    expect(await samplesOf(metrics)).toEqual([]);
    metrics.watchGauges({ questions: [imbalance], ask: always([]) });
    expect(await samplesOf(metrics)).toEqual(['weir_remittances_imbalance_minor 0']);
    metrics.watchGauges({ questions: [imbalance], ask: () => Promise.reject(new Error('away')) });
    expect(await samplesOf(metrics)).toEqual([]);
  });

  it('do not hold a scrape whose database hangs: what was told by then is, and nothing is asked any more', async () => {
    const metrics = createMetrics(realClock);
    const hanging = Promise.withResolvers<undefined>();
    let isOver: boolean | undefined;
    const ask: AskAllGauges = async (_, told, over) => {
      told(waiting, []);
      await hanging.promise;
      isOver = over.aborted;
      told(parked, []);
    };
    metrics.watchGauges({ questions: [parked, waiting], ask });
    const of = 'weir_refunds_waiting{status="SENT"} 0';
    expect(await samplesOf(metrics)).toEqual([of, 'weir_refunds_oldest_seconds{status="SENT"} 0']);
    hanging.resolve(undefined);
    await hanging.promise;
    expect(isOver).toBe(true);
    metrics.watchGauges({ questions: [], ask: always([]) });
    expect(await samplesOf(metrics)).toEqual([]);
  });
});

describe('the questions of all systems', () => {
  it('are those that can be prepared: the same text at any time, and a metric is told by one of them', () => {
    const texts = (at: string): readonly string[] => systems.gauges.map((question) => question.statement(new Date(at)).text);
    expect(texts('2026-11-15T00:00:00Z')).toEqual(texts('2027-02-28T15:00:00Z'));
    const metrics = systems.gauges.flatMap((question) => question.metrics);
    expect(metrics.filter((name, at) => metrics.indexOf(name) !== at)).toEqual([]);
  });
});
