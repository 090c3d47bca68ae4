import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import {
  parkedPayments,
  parkedRefunds,
  waitingOrders,
  waitingPayments,
  waitingRefunds,
} from '../../../pipelines/payments/paymentGauges.ts';
import { imbalance } from '../../../pipelines/remittance/remittanceGauges.ts';
import { askGauge } from '../../support/askGauge.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { anOrder, aPayments, emptied, type Payments } from './aPayments.ts';

const now = new Date('2026-11-01T03:00:00Z');
let payments: Payments;

beforeAll(async () => {
  payments = await aPayments();
});

beforeEach(() => emptied(payments));

function ask(question: GaugeQuestion): Promise<readonly object[]> {
  return askGauge(payments.database, () => now, question);
}

async function aRefund(status: string, reason: string, requestedAt: string): Promise<void> {
  const { paymentId } = await anOrder(payments);
  await payments.database.execute({
    text: `INSERT INTO payments.refund (payment_id, amount_minor, transaction_key, reason, status, requested_at, next_ask_at, ended_at, park_reason)
      VALUES ($1, 5, 'k', $2, $3, $4::timestamptz, $4::timestamptz,
        CASE WHEN $3 IN ('DONE', 'PARKED') THEN $4::timestamptz END, CASE WHEN $3 = 'PARKED' THEN 'any words' END)`,
    values: [paymentId, reason, status, requestedAt],
  });
}

describe('the gauges of payments', () => {
  it('tell of payments that wait for over ten minutes, by method, with the age of the oldest', async () => {
    await anOrder(payments, { createdAt: '2026-11-01T02:50:00Z' });
    await anOrder(payments, { createdAt: '2026-11-01T02:00:00Z' });
    await anOrder(payments, { createdAt: '2026-11-01T02:50:01Z' });
    await anOrder(payments, { method: 'wallet', createdAt: '2026-11-01T02:40:00Z' });
    const rows = await ask(waitingPayments);
    expect(rows.toSorted((a, b) => JSON.stringify(a, text).localeCompare(JSON.stringify(b, text)))).toEqual([
      { method: 'card', weir_payments_waiting: 2n, weir_payments_oldest_seconds: 3_600 },
      { method: 'wallet', weir_payments_waiting: 1n, weir_payments_oldest_seconds: 1_200 },
    ]);
  });

  it('tell of orders that have no end after ten minutes, whatever has become of their payments', async () => {
    expect(await ask(waitingOrders)).toEqual([{ weir_orders_waiting: 0n, weir_orders_oldest_seconds: 0 }]);
    await anOrder(payments, { createdAt: '2026-11-01T02:50:01Z' });
    await anOrder(payments, { createdAt: '2026-11-01T02:40:00Z', hasPayment: false });
    await anOrder(payments, { createdAt: '2026-11-01T02:00:00Z' });
    await payments.database.execute(`UPDATE payments.payment SET status = 'FAILED', fail_code = 'DECLINED', ended_at = created_at`);
    expect(await ask(waitingOrders)).toEqual([{ weir_orders_waiting: 2n, weir_orders_oldest_seconds: 3_600 }]);
  });

  it('tell of parked payments by why, and leave them out of those that wait', async () => {
    await anOrder(payments);
    await payments.database.execute(`UPDATE payments.payment SET park_reason = 'AMOUNT_MISMATCH'`);
    expect(await ask(parkedPayments)).toEqual([{ reason: 'AMOUNT_MISMATCH', weir_payments_parked: 1n }]);
    expect(await ask(waitingPayments)).toEqual([]);
  });

  it('tell of refunds that are not done, by status with the age of the oldest, and of parked ones by why the money goes back', async () => {
    await aRefund('REQUESTED', 'STOCK_SHORT', '2026-11-01T02:59:00Z');
    await aRefund('REQUESTED', 'STOCK_SHORT', '2026-11-01T02:58:00Z');
    await aRefund('DONE', 'STOCK_SHORT', '2026-11-01T01:00:00Z');
    await aRefund('PARKED', 'PAID_LATE', '2026-11-01T01:00:00Z');
    expect(await ask(waitingRefunds)).toEqual([{ status: 'REQUESTED', weir_refunds_waiting: 2n, weir_refunds_oldest_seconds: 120 }]);
    expect(await ask(parkedRefunds)).toEqual([{ reason: 'PAID_LATE', weir_refunds_parked: 1n }]);
  });

  // The sum over the accounts of businesses reads all of them.
  it('are found by an index, however many payments there are', async () => {
    const scans = await Promise.all(
      systems.gauges.filter((question) => question !== imbalance).map((question) => sequentialScans(question)),
    );
    expect(scans.flat()).toEqual([]);
  });
});

async function sequentialScans({ statement }: GaugeQuestion): Promise<readonly string[]> {
  const { text, values = [] } = statement(now);
  return payments.database.withTransaction(async (transaction) => {
    // What no index serves is read whole even so.
    await transaction.execute('SET LOCAL enable_seqscan = off');
    const rows = await transaction.query<{ readonly 'QUERY PLAN': string }>({ text: `EXPLAIN ${text}`, values });
    return rows.map((row) => row['QUERY PLAN']).filter((line) => line.includes('Seq Scan'));
  });
}

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
