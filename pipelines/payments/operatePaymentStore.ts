import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { isKeyOfAnother } from './keyOfAnother.ts';
import {
  requireMismatched,
  requireParkedPayment,
  requireParkedRefund,
  requirePending,
  type OperatedPayment,
  type OperatedRefund,
} from './operatedPayment.ts';

/**
 * What operators do to payments, each in the transaction that also holds its audit, behind the lock of the order, as settlements are.
 * The rows say what is to be done, and the next runs do it. `notFound` for a payment that there is not, `refused` for a wrong state.
 */
export interface OperatePaymentStore {
  /** Has it asked about at once; a parked one is decided about anew, by what the gateway says then, and no longer given back. */
  ask(transaction: Transaction, paymentId: bigint): Promise<OperatedPayment>;
  /** Has a parked one asked about at once, and what the gateway says it captured goes back, whatever the amount. */
  giveBack(transaction: Transaction, paymentId: bigint): Promise<OperatedPayment>;
  /** Fails one that is parked as KEY_MISMATCH, and its order unless that has ended or another of its payments is open or paid. */
  fail(transaction: Transaction, paymentId: bigint): Promise<OperatedPayment>;
  /** Has a parked refund asked for again, under the same key as before; the charge is named where several are parked. */
  refund(transaction: Transaction, paymentId: bigint, transactionKey?: string): Promise<OperatedPayment>;
}

/** What operators do, on a database. */
export function operatePaymentStore(now: () => Date): OperatePaymentStore {
  const doing = (require: (payment: OperatedPayment) => void, text: string) => async (transaction: Transaction, paymentId: bigint) => {
    const payment = await lock(transaction, paymentId);
    require(payment);
    await transaction.execute({ text, values: [paymentId, now()] });
    return payment;
  };
  return {
    ask: doing(requirePending, ask),
    giveBack: doing(requireParkedPayment, giveBack),
    fail: doing(requireMismatched, fail),
    refund: async (transaction, paymentId, transactionKey) => {
      const payment = await lock(transaction, paymentId);
      const { refundId } = requireParkedRefund(payment, transactionKey);
      await transaction.execute({ text: refund, values: [refundId, now()] });
      return payment;
    },
  };
}

async function lock(transaction: Transaction, paymentId: bigint): Promise<OperatedPayment> {
  await transaction.query({ text: lockOrder, values: [paymentId] });
  const [row] = await transaction.query<OperatedRow>({ text: read, values: [paymentId] });
  if (row === undefined) throw new WeirError('notFound', `There is no payment ${paymentId}.`);
  return {
    paymentId: row.id,
    orderId: row.order_id,
    status: row.status,
    parkReason: row.park_reason ?? undefined,
    refunds: await transaction.query<OperatedRefund>({ text: readRefunds, values: [paymentId] }),
  };
}

interface OperatedRow {
  readonly id: bigint;
  readonly order_id: bigint;
  readonly status: OperatedPayment['status'];
  readonly park_reason: string | null;
}

const lockOrder = `
  SELECT FROM payments.orders WHERE id = (SELECT order_id FROM payments.payment WHERE id = $1) FOR UPDATE`;

// Behind the lock: what a settlement has written meanwhile is seen.
const read = `
  SELECT id, order_id, status, park_reason FROM payments.payment WHERE id = $1`;

const readRefunds = `
  SELECT refund.id AS "refundId", refund.transaction_key AS "transactionKey", refund.status,
    ${isKeyOfAnother('payment', 'refund.transaction_key')} AS "isOfAnother"
  FROM payments.refund JOIN payments.payment ON payment.id = payment_id WHERE payment_id = $1 ORDER BY nth`;

const ask = `UPDATE payments.payment SET park_reason = NULL, is_given_back = false, next_ask_at = $2 WHERE id = $1`;

const giveBack = `UPDATE payments.payment SET park_reason = NULL, is_given_back = true, next_ask_at = $2 WHERE id = $1`;

const fail = `
  WITH failed AS (
    UPDATE payments.payment SET status = 'FAILED', fail_code = park_reason, park_reason = NULL, ended_at = $2, next_ask_at = NULL
    WHERE id = $1 RETURNING order_id, fail_code
  )
  UPDATE payments.orders SET status = 'FAILED', fail_code = failed.fail_code, ended_at = $2
  FROM failed WHERE orders.id = failed.order_id AND orders.status = 'PENDING' AND NOT EXISTS (
    SELECT FROM payments.payment AS other WHERE other.order_id = orders.id AND other.id <> $1 AND other.status <> 'FAILED'
  )`;

const refund = `
  UPDATE payments.refund SET status = 'REQUESTED', park_reason = NULL, ended_at = NULL, next_ask_at = $2
  WHERE id = $1 AND status = 'PARKED'`;
