import { expect, it } from 'vitest';
import { instantsOf, OrderTally, type ReportedOrder } from '../../../pipelines/payments/dailyReport.ts';
import { dailyReportSchedule } from '../../../pipelines/payments/schedules.ts';
import { requireSeoulDayEnded } from '../../../pipelines/shared/seoulTime.ts';

const order: ReportedOrder = {
  ...{ orderId: 1n, createdAt: new Date(0), endedAt: null, status: 'PENDING', failCode: null },
  ...{ amountMinor: 9_000_000_000_000_000n, method: null, paymentNumber: null },
};

it('a day lasts from midnight to midnight in Seoul, and has its report when it has ended', () => {
  expect(instantsOf('2026-11-01')).toEqual({ from: new Date('2026-10-31T15:00:00Z'), to: new Date('2026-11-01T15:00:00Z') });
  expect(() => requireSeoulDayEnded('2026-11-01', new Date('2026-11-01T14:59:59.999Z'))).toThrow('Expected a day that has ended in Seoul');
  expect(() => requireSeoulDayEnded('2026-11-01', new Date('2026-11-01T15:00:00Z'))).not.toThrow();
});

it('the schedule at midnight reports the day before', () => {
  expect(dailyReportSchedule.keyOf(new Date('2026-11-01T15:00:00Z'))).toBe('2026-11-01');
});

it('sums are exact beyond what an amount may be', () => {
  const tally = new OrderTally();
  for (let page = 0; page < 3; page += 1) tally.add(Array.from({ length: 1_000 }, () => order));
  tally.add([{ ...order, status: 'FAILED', method: 'card', amountMinor: 1n }]);
  expect(tally.totals()).toEqual([
    { status: 'PENDING', method: 'none', orders: 3_000n, amountMinor: 27_000_000_000_000_000_000n },
    { status: 'FAILED', method: 'card', orders: 1n, amountMinor: 1n },
  ]);
});
