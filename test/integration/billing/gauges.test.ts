import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { overdueBills, undispatchedBills, watchedBills } from '../../../pipelines/billing/billGauges.ts';
import { askGauge } from '../../support/askGauge.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { aBilling, aNewMember, emptied, pending, settled, type Billing } from './aBilling.ts';

let billing: Billing;
beforeAll(async () => {
  billing = await aBilling();
});
beforeEach(() => emptied(billing));

function ask(question: GaugeQuestion, now: string): Promise<readonly object[]> {
  return askGauge(billing.database, () => new Date(now), question);
}

/** What bills of a state have beside it. */
const facts: Readonly<Record<string, string>> = {
  IN_QUIET_HOUR: `next_attempt_at = '2026-11-15T08:00:00+09:00'`,
  SENDING: `send_token = id, lease_owner = 'one', lease_until = 'infinity'`,
  PARKED: `send_token = id, park_reason = 'unknown'`,
  FAILED: `fail_code = 'refused'`,
  COMPLETED: `sent_channel = 'EMAIL'`,
};

/** Brings a bill that is dispatched into another state. */
async function moved(at: number, state: string): Promise<void> {
  const status = state === 'PARKED' ? 'SENDING' : state;
  await billing.database.execute(`
    UPDATE billing.billing_p SET send_status = '${status}', ${facts[state] ?? ''}
    WHERE id = (SELECT id FROM billing.billing_p ORDER BY id OFFSET ${at} LIMIT 1)`);
}

describe('the gauges of bills', () => {
  it('tell of bills that wait, are being sent, are parked or failed, by state', async () => {
    await pending(billing, 8);
    for (const [at, state] of ['IN_QUIET_HOUR', 'SENDING', 'PARKED', 'PARKED', 'FAILED', 'COMPLETED'].entries()) await moved(at, state);
    expect(new Set(await ask(watchedBills, '2026-11-15T00:00:00+09:00'))).toEqual(
      new Set([
        { state: 'SEND_PENDING', weir_bills: 2n },
        { state: 'IN_QUIET_HOUR', weir_bills: 1n },
        { state: 'SENDING', weir_bills: 1n },
        { state: 'PARKED', weir_bills: 2n },
        { state: 'FAILED', weir_bills: 1n },
      ]),
    );
  });

  it('tell of this month and of the last by Seoul’s clocks, and of none before', async () => {
    await pending(billing);
    expect(await ask(watchedBills, '2026-12-31T23:59:59+09:00')).toEqual([{ state: 'SEND_PENDING', weir_bills: 1n }]);
    expect(await ask(watchedBills, '2027-01-01T00:00:00+09:00')).toEqual([]);
  });

  it('tell of what is parked until a person has decided, and of what is overdue until it is sent, however old its month', async () => {
    await pending(billing, 3);
    await moved(0, 'PARKED');
    await moved(1, 'IN_QUIET_HOUR');
    expect(await ask(watchedBills, '2027-03-01T00:00:00+09:00')).toEqual([{ state: 'PARKED', weir_bills: 1n }]);
    expect(await ask(overdueBills, '2027-01-02T00:00:00+09:00')).toEqual([
      { weir_bills_overdue: 2n, weir_bills_oldest_overdue_seconds: 48 * 24 * 3_600 },
    ]);
  });

  it('tell nothing of bills whose day has not come', async () => {
    await settled(billing, 3);
    expect(await ask(watchedBills, '2026-11-14T00:00:00+09:00')).toEqual([]);
    expect(await ask(overdueBills, '2026-11-20T00:00:00+09:00')).toEqual([
      { weir_bills_overdue: 0n, weir_bills_oldest_overdue_seconds: 0 },
    ]);
  });

  it('tell of bills whose hour is past by half an hour: of quiet ones since it ended, of others since they were dispatched', async () => {
    await pending(billing, 4);
    await moved(0, 'IN_QUIET_HOUR');
    await moved(1, 'COMPLETED');
    const at = (now: string): Promise<readonly object[]> => ask(overdueBills, `2026-11-15T${now}+09:00`);
    expect(await at('00:29:59')).toEqual([{ weir_bills_overdue: 0n, weir_bills_oldest_overdue_seconds: 0 }]);
    expect(await at('00:30:00')).toEqual([{ weir_bills_overdue: 2n, weir_bills_oldest_overdue_seconds: 1_800 }]);
    await moved(2, 'FAILED');
    await moved(3, 'PARKED');
    expect(await at('08:29:59')).toEqual([{ weir_bills_overdue: 0n, weir_bills_oldest_overdue_seconds: 0 }]);
    expect(await at('09:00:00')).toEqual([{ weir_bills_overdue: 1n, weir_bills_oldest_overdue_seconds: 3_600 }]);
  });

  it('leave out what waits for a time that has not come', async () => {
    await pending(billing);
    await billing.database.execute(`UPDATE billing.billing_p SET next_attempt_at = '2026-11-15T04:00:00+09:00'`);
    expect(await ask(overdueBills, '2026-11-15T04:29:59+09:00')).toEqual([
      { weir_bills_overdue: 0n, weir_bills_oldest_overdue_seconds: 0 },
    ]);
    expect(await ask(overdueBills, '2026-11-15T04:30:00+09:00')).toEqual([
      { weir_bills_overdue: 1n, weir_bills_oldest_overdue_seconds: 1_800 },
    ]);
  });

  it('tell of bills that no dispatch has taken up once their day is over by Seoul’s clocks, however old their month, until one has', async () => {
    await settled(billing, 2);
    await billing.database.execute(
      `UPDATE billing.billing_p SET send_on = '2026-11-21' WHERE id = (SELECT min(id) FROM billing.billing_p)`,
    );
    const counted = async (now: string): Promise<readonly object[]> => ask(undispatchedBills, `${now}+09:00`);
    expect(await counted('2026-11-15T23:59:59')).toEqual([{ weir_bills_undispatched: 0n }]);
    expect(await counted('2026-11-16T00:00:00')).toEqual([{ weir_bills_undispatched: 1n }]);
    expect(await counted('2027-03-01T00:00:00')).toEqual([{ weir_bills_undispatched: 2n }]);
    billing.setNow('2026-11-17T10:00:00+09:00');
    await billing.run('billing.dispatch', '2026-11-17');
    expect(await counted('2026-11-17T10:00:00')).toEqual([{ weir_bills_undispatched: 0n }]);
    expect(await counted('2026-11-22T00:00:00')).toEqual([{ weir_bills_undispatched: 1n }]);
  });

  it('tell of a bill that was made after the dispatch of its day, until another takes it up', async () => {
    await pending(billing);
    await billing.members.insertMembers([aNewMember({ publicInfoId: 2_001n })]);
    await billing.database.execute(`
      INSERT INTO billing.billing_p (id, billing_date, public_info_id, send_on, usage_id, billing_fee, billing_details)
      SELECT id + 1, billing_date, 2001, send_on, usage_id, billing_fee, billing_details FROM billing.billing_p`);
    expect(await ask(undispatchedBills, '2026-11-16T00:00:00+09:00')).toEqual([{ weir_bills_undispatched: 1n }]);
    billing.setNow('2026-11-20T15:00:00Z');
    await billing.run('billing.dispatch', '2026-11-21');
    expect(await ask(undispatchedBills, '2026-11-21T00:10:00+09:00')).toEqual([{ weir_bills_undispatched: 0n }]);
  });

  // With a month that is dispatched there are a million: what is sorted by its id is read whole first.
  it.each([
    ['states', watchedBills],
    ['overdue', overdueBills],
    ['undispatched', undispatchedBills],
  ] as const)('read an index in its order and sort no bills: %s', async (_what, { statement }) => {
    const plan = await billing.database.withTransaction(async (transaction) => {
      await transaction.execute('SET LOCAL enable_seqscan = off');
      const { text, values = [] } = statement(new Date('2026-11-15T00:00:00+09:00'));
      return transaction.query<{ readonly 'QUERY PLAN': string }>({ text: `EXPLAIN ${text}`, values });
    });
    const lines = plan.map((row) => row['QUERY PLAN']);
    expect(lines.join('\n')).toContain('Index');
    expect(lines.filter((line) => /Sort Key: .*\bid\b|Seq Scan/.test(line))).toEqual([]);
  });
});
