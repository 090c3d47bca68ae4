import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asideDeposits, calendarLeft, lonelyCancellations, waitingDeposits } from '../../../pipelines/deposits/depositGauges.ts';
import { lastCoveredDay } from '../../../pipelines/shared/market.ts';
import { askGauge } from '../../support/askGauge.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
beforeAll(async () => {
  deposits = await aDeposits();
});
beforeEach(() => deposits.empty());

function ask(question: GaugeQuestion, now: string): Promise<readonly object[]> {
  return askGauge(deposits.database, () => new Date(now), question);
}

describe('the gauges of deposits', () => {
  it('tell of rows that wait, and from one in the morning on of those that should not', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill(), aFill({ fillId: 'f-2', executedAt: '2026-11-23T15:30:00Z' })]);
    const at = (now: string): Promise<readonly object[]> => ask(waitingDeposits, now);
    expect(await at('2026-11-24T00:59:59+09:00')).toEqual([{ weir_deposits_in_flight: 2n, weir_deposits_overdue: 0n }]);
    expect(await at('2026-11-24T01:00:00+09:00')).toEqual([{ weir_deposits_in_flight: 2n, weir_deposits_overdue: 1n }]);
    await deposits.settle('2026-11-24');
    expect(await at('2026-11-24T01:00:00+09:00')).toEqual([{ weir_deposits_in_flight: 1n, weir_deposits_overdue: 0n }]);
  });

  it('tell for a day of what was put aside, by why', async () => {
    await deposits.redis.mset('user:8:batch_balance:2026-11-24', '5', 'user:8:batch_balance:?', '5');
    await deposits.settle('2026-11-24');
    const rows = await ask(asideDeposits, '2026-11-24T23:00:00+09:00');
    expect(new Set(rows)).toEqual(
      new Set([
        { reason: 'noAccount', weir_deposits_put_aside: 1n },
        { reason: 'notAKey', weir_deposits_put_aside: 1n },
      ]),
    );
    expect(await ask(asideDeposits, '2026-11-25T00:00:01+09:00')).toEqual([]);
  });

  it('tell of cancellations that have had no fill for three days', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([{ type: 'CANCELLED', fillId: 'f-1', userId: '1' }]);
    expect(await ask(lonelyCancellations, '2026-11-23T14:59:59+09:00')).toEqual([{ weir_deposits_cancellations_without_fill: 0n }]);
    expect(await ask(lonelyCancellations, '2026-11-23T15:00:00+09:00')).toEqual([{ weir_deposits_cancellations_without_fill: 1n }]);
  });

  it('tell how much time the market calendars have left', async () => {
    expect(await ask(calendarLeft, `${lastCoveredDay}T00:00:00+09:00`)).toEqual([{ weir_deposits_calendar_left_seconds: 0 }]);
    expect(await ask(calendarLeft, `${lastCoveredDay.slice(0, 4)}-12-01T00:00:00+09:00`)).toEqual([
      { weir_deposits_calendar_left_seconds: 30 * 86_400 },
    ]);
  });
});
