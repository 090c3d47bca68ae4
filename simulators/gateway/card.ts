import { z } from 'zod';
import { json, jsonIn, notHere, problem, type HttpAnswer } from '../httpAnswer.ts';
import type { Charge } from './chargeStore.ts';
import type { Manner } from './manner.ts';

const order = z.strictObject({ amount: z.int().min(1) });

const refusals = {
  unknown: problem(404, 'no such payment'),
  conflict: problem(422, 'this Idempotency-Key was used for another refund'),
  notRefundable: problem(409, 'the payment is not approved or has less than that left'),
};

/**
 * A card company: REST, the status of HTTP tells, amounts are numbers.
 *
 *     GET  /payments/{transactionKey}, GET /payments?paymentNumber=…
 *                                     200 {transactionKey, paymentNumber, status: APPROVED | DECLINED | PENDING, amount: 12000}, or 404
 *     POST /payments/{transactionKey}/refunds {amount: 12000}, with Idempotency-Key
 *                                     201 {refundId, status: DONE}, the same for the same key; 404, 409 and, for another refund
 *                                     under that key, 422
 *     GET  /refunds/{idempotencyKey}  200 {refundId, status: DONE}, or 404
 */
export const card: Manner = ({ method, parts, query, header, body }, charges) => {
  const [kind, name = '', below] = parts;
  if (method === 'GET' && kind === 'payments' && parts.length <= 2) {
    const number = query.get('paymentNumber') ?? '';
    const find = (): Charge | undefined => (parts.length === 2 ? charges.byKey(name) : charges.byNumber(number));
    return { about: find()?.paymentNumber ?? (name || number), perform: () => shown(find()) };
  }
  if (method === 'GET' && kind === 'refunds' && parts.length === 2) {
    return {
      about: charges.refund(name)?.charge.paymentNumber ?? name,
      perform() {
        const found = charges.refund(name);
        return found === undefined ? problem(404, 'no such refund') : json({ refundId: found.refund.refundId, status: 'DONE' });
      },
    };
  }
  if (method !== 'POST' || kind !== 'payments' || below !== 'refunds' || parts.length !== 3) return notHere;
  const key = header('idempotency-key');
  const asked = order.safeParse(jsonIn(body));
  if (key === '' || !asked.success) return problem(400, 'expected an Idempotency-Key and {amount}, a whole number above zero');
  return {
    about: charges.byKey(name)?.paymentNumber ?? name,
    perform() {
      const refund = charges.giveBack(name, key, BigInt(asked.data.amount));
      return typeof refund === 'string' ? refusals[refund] : json({ refundId: refund.refundId, status: 'DONE' }, 201);
    },
  };
};

function shown(charge: Charge | undefined): HttpAnswer {
  if (charge === undefined) return refusals.unknown;
  const { transactionKey, paymentNumber, status, amount } = charge;
  return json({ transactionKey, paymentNumber, status, amount: Number(amount) });
}
