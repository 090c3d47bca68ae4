import { from, lastValueFrom, mergeMap } from 'rxjs';
import type { PaymentGateway } from '../../pipelines/payments/gateways/gateway.ts';
import type { DuePayment, PaymentReport } from '../../pipelines/payments/payment.ts';
import type { SettlementStore } from '../../pipelines/payments/settlementStore.ts';
import type { PostgresDatabase } from '../../src/connectors/postgres/openDatabase.ts';

const never = new AbortController().signal;

/** What a team would write first: ten payments are asked about at once, and settled when the slowest of them was answered. */
export async function askInChunks(
  database: PostgresDatabase,
  settlements: SettlementStore,
  gateway: PaymentGateway,
  payments: readonly DuePayment[],
): Promise<void> {
  for (let first = 0; first < payments.length; first += 10) {
    const reports = await Promise.all(payments.slice(first, first + 10).map((payment) => report(gateway, payment)));
    await database.withTransaction((transaction) => settlements.settle(transaction, reports));
  }
}

/** The gateway alone: so many calls at once, and nothing written. */
export async function askAlone(gateway: PaymentGateway, payments: readonly DuePayment[], atOnce: number): Promise<void> {
  await lastValueFrom(from(payments).pipe(mergeMap((payment) => report(gateway, payment), atOnce)), { defaultValue: undefined });
}

async function report(gateway: PaymentGateway, payment: DuePayment): Promise<PaymentReport> {
  return { paymentId: payment.paymentId, answer: await gateway.ask(payment, never) };
}
