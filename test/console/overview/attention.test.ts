import { describe, expect, it } from 'vitest';
import { heldMoney } from '../../../pipelines/remittance/remittanceGauges.ts';
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

  it('is asked for by each series of a gauge: what is missing here and too much there does not cancel itself', () => {
    const of = (account: string, unexplained: bigint) => ({ account, weir_remittances_unexplained_minor: unexplained });
    const rows = [of('POOL', -9_007_199_254_740_993n), of('TRANSIT', 9_007_199_254_740_993n), of('SUSPENSE', 0n), of('unlisted', 1n)];
    expect(attentionOf([[heldMoney, rows]]).map(({ level, text }) => `${level} ${text}`)).toEqual([
      'page Money on our accounts that no remittance explains (POOL): -9,007,199,254,740,993',
      'page Money on our accounts that no remittance explains (TRANSIT): 9,007,199,254,740,993',
      'page Money on our accounts that no remittance explains (other): 1',
    ]);
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
