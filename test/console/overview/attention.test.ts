import { describe, expect, it } from 'vitest';
import { attentionOf, letterAttention, worstFirst } from '../../../src/console/overview/attention.ts';
import { defineGauges } from '../../../src/runtime/gauges/gaugeQuestion.ts';

const question = defineGauges({
  profile: 'p',
  metrics: ['weir_bills'],
  labels: { state: ['PARKED', 'FAILED'] },
  attention: { weir_bills: { level: 'ticket', view: '#/billing', says: 'Parked bills', only: { state: 'PARKED' } } },
  statement: () => ({ text: '' }),
});

describe('attention', () => {
  it('is asked for by a gauge that is not 0, of the series that are meant', () => {
    const rows = [
      { state: 'PARKED', weir_bills: 1_200n },
      { state: 'FAILED', weir_bills: 7n },
    ];
    expect(attentionOf([[question, rows]])).toEqual([{ level: 'ticket', view: '#/billing', text: 'Parked bills: 1,200' }]);
    expect(attentionOf([[question, [{ state: 'PARKED', weir_bills: 0n }]]])).toEqual([]);
    expect(attentionOf([[question, []]])).toEqual([]);
  });

  it('is asked for by topics whose dead letters wait', () => {
    expect(
      letterAttention(
        new Map([
          ['a', 0],
          ['b', 2],
        ]),
      ),
    ).toEqual([{ level: 'ticket', view: '#/dead-letters/b', text: 'Dead letters of b that wait for a person: 2' }]);
  });

  it('has pages before tickets, otherwise in its order', () => {
    const item = (level: 'page' | 'ticket', text: string) => ({ level, text, view: '#/' });
    const sorted = worstFirst([item('ticket', 'a'), item('page', 'b'), item('ticket', 'c'), item('page', 'd')]);
    expect(sorted.map(({ text }) => text)).toEqual(['b', 'd', 'a', 'c']);
  });
});
