import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { heldMoney } from '../../../pipelines/remittance/remittanceGauges.ts';
import { calledAfterSeconds, overdueBills, undispatchedBills } from '../../../pipelines/billing/billGauges.ts';
import {
  calledAfterSeconds as paymentsCalledAfterSeconds,
  waitingPayments,
  waitingRefunds,
} from '../../../pipelines/payments/paymentGauges.ts';
import { attentionOf, letterAttention, worstFirst } from '../../../src/console/overview/attention.ts';
import { defineGauges } from '../../../src/runtime/gauges/gaugeQuestion.ts';

const meant = { level: 'ticket', view: '#/billing', says: 'Parked bills', only: { state: 'PARKED' } } as const;

const question = defineGauges({
  profile: 'p',
  metrics: ['weir_bills'],
  labels: { state: ['PARKED', 'FAILED'] },
  attention: { weir_bills: meant },
  statement: () => ({ text: '' }),
});

describe('attention', () => {
  it('is asked for by a gauge that is not 0, of the series that are meant', () => {
    const rows = [
      { state: 'PARKED', weir_bills: 1_200n },
      { state: 'FAILED', weir_bills: 7n },
    ];
    expect(attentionOf([[question, rows]])).toEqual([{ level: 'ticket', view: '#/billing', since: null, text: 'Parked bills: 1,200' }]);
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

  it('is told as so many or more where no more are counted', () => {
    const [first] = attentionOf([
      [{ ...question, attention: { weir_bills: { ...meant, upTo: 10_000 } } }, [{ state: 'PARKED', weir_bills: 10_000n }]],
    ]);
    expect(first?.text).toBe('Parked bills: 10,000 or more');
    const fewer = attentionOf([
      [{ ...question, attention: { weir_bills: { ...meant, upTo: 10_000 } } }, [{ state: 'PARKED', weir_bills: 9_999n }]],
    ]);
    expect(fewer.map(({ text }) => text)).toEqual(['Parked bills: 9,999']);
  });

  it('is asked for by bills that are overdue at the limit of the alert that calls somebody, and not before', () => {
    const told = (weir_bills_oldest_overdue_seconds: number) =>
      attentionOf([[overdueBills, [{ weir_bills_overdue: 3n, weir_bills_oldest_overdue_seconds }]]]);
    expect(told(calledAfterSeconds)).toEqual([]);
    expect(told(calledAfterSeconds + 1)).toEqual([
      { level: 'page', view: '#/billing', since: null, text: 'Bills past their hour and not sent: 3' },
    ]);
    const rules = readFileSync(new URL('../../../config/prometheus/alerts.yml', import.meta.url), 'utf8');
    const limit = /alert: WeirBillsOverdue\s+expr: max\(last_over_time\(weir_bills_oldest_overdue_seconds\[5m\]\)\) > (\d+)\n/.exec(
      rules,
    )?.[1];
    expect(limit).toBe(String(calledAfterSeconds));
  });

  it('is asked for by bills that no dispatch took up, at the runs of the dispatch', () => {
    const told = (weir_bills_undispatched: bigint) => attentionOf([[undispatchedBills, [{ weir_bills_undispatched }]]]);
    const text = 'Bills past their day that no dispatch took up';
    expect(told(0n)).toEqual([]);
    expect(told(12n)).toEqual([{ level: 'ticket', view: '#/jobs?job=billing.dispatch', since: null, text: `${text}: 12` }]);
    expect(told(10_000n).map((item) => item.text)).toEqual([`${text}: 10,000 or more`]);
  });

  it('is asked for by payments and refunds whose oldest has waited for as long as their alerts allow, and not before', () => {
    const told = (oldest: number) =>
      attentionOf([
        [waitingPayments, [{ method: 'card', weir_payments_waiting: 3n, weir_payments_oldest_seconds: oldest }]],
        [waitingRefunds, [{ status: 'SENT', weir_refunds_waiting: 2n, weir_refunds_oldest_seconds: oldest }]],
      ]);
    expect(told(paymentsCalledAfterSeconds)).toEqual([]);
    const at = { level: 'page', view: '#/payments', since: null };
    expect(told(paymentsCalledAfterSeconds + 1)).toEqual([
      { ...at, text: 'Payments pending for over ten minutes, the oldest for over an hour (card): 3' },
      { ...at, view: '#/payments?show=stuck', text: 'Refunds that are not done, the oldest for over an hour (SENT): 2' },
    ]);
    const rules = readFileSync(new URL('../../../config/prometheus/alerts.yml', import.meta.url), 'utf8');
    const limits = ['WeirPaymentsLate', 'WeirRefundsLate'].map(
      (alert) => new RegExp(`alert: ${alert}\\s+expr: .*\\) > (\\d+)\\n`).exec(rules)?.[1],
    );
    expect(limits).toEqual([paymentsCalledAfterSeconds, paymentsCalledAfterSeconds].map(String));
  });

  it('is asked for by topics whose dead letters wait', () => {
    expect(
      letterAttention(
        new Map([
          ['a', 0],
          ['b', 2],
        ]),
      ),
    ).toEqual([{ level: 'ticket', view: '#/dead-letters/b', since: null, text: 'Dead letters of b that wait for a person: 2' }]);
  });

  it('has pages before tickets, otherwise in its order', () => {
    const item = (level: 'page' | 'ticket', text: string) => ({ level, text, view: '#/', since: null });
    const sorted = worstFirst([item('ticket', 'a'), item('page', 'b'), item('ticket', 'c'), item('page', 'd')]);
    expect(sorted.map(({ text }) => text)).toEqual(['b', 'd', 'a', 'c']);
  });
});
