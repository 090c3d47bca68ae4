import { z } from 'zod';
import { json, jsonIn, type HttpAnswer } from '../httpAnswer.ts';
import type { Charge, ChargeStore, Refund, RefundRefusal } from './chargeStore.ts';
import type { Manner } from './manner.ts';

const order = z.strictObject({
  amount: z.strictObject({
    value: z
      .string()
      .regex(/^[1-9]\d{0,15}\.00$/, 'not an amount')
      .transform((value) => BigInt(value.slice(0, -3))),
    currency: z.literal('KRW'),
  }),
});

const stateOf = { APPROVED: 'captured', PENDING: 'authorizing', DECLINED: 'voided' } as const satisfies Record<Charge['status'], string>;

const refusals = {
  unknown: refused(404, 'not_found'),
  conflict: refused(422, 'key_reused'),
  notRefundable: refused(409, 'not_refundable'),
} as const satisfies Record<RefundRefusal, HttpAnswer>;

/**
 * A wallet: REST with envelopes and words of its own, amounts are decimal text with a currency.
 *
 *     GET  /v2/charges/{transactionKey}, GET /v2/charges/by-reference/{paymentNumber}
 *                                     200 {data: {id, reference, state: captured | authorizing | voided, amount: {value: "12000.00",
 *                                     currency: "KRW"}}}, or 404 {error: {code: not_found}}
 *     POST /v2/charges/{transactionKey}/refunds {amount: {value, currency}}, with Idempotency-Key
 *                                     201 {data: {id, state: succeeded, amount}}, the same for the same key; 404 not_found,
 *                                     409 not_refundable and, for another refund under that key, 422 key_reused
 *     GET  /v2/refunds/by-key/{idempotencyKey}
 *                                     200 {data: {id, state: succeeded, amount}}, or 404
 */
export const wallet: Manner = ({ method, parts, header, body }, charges) => {
  const [version, kind, name = '', below, ...more] = parts;
  if (version !== 'v2' || more.length > 0) return refusals.unknown;
  if (method === 'GET' && kind === 'charges') {
    const find = (): Charge | undefined =>
      name === 'by-reference' && below !== undefined ? charges.byNumber(below) : below === undefined ? charges.byKey(name) : undefined;
    return { about: find()?.paymentNumber ?? below ?? name, perform: () => shown(find()) };
  }
  if (method === 'GET' && kind === 'refunds' && name === 'by-key' && below !== undefined) {
    const find = (): ReturnType<ChargeStore['refund']> => charges.refund(below);
    return { about: find()?.charge.paymentNumber ?? below, perform: () => shownRefund(find()?.refund ?? 'unknown', 200) };
  }
  if (method !== 'POST' || kind !== 'charges' || below !== 'refunds') return refusals.unknown;
  const key = header('idempotency-key');
  const asked = order.safeParse(jsonIn(body));
  if (key === '' || !asked.success) return refused(400, 'invalid_request');
  return {
    about: charges.byKey(name)?.paymentNumber ?? name,
    perform: () => shownRefund(charges.giveBack(name, key, asked.data.amount.value), 201),
  };
};

function shown(charge: Charge | undefined): HttpAnswer {
  if (charge === undefined) return refusals.unknown;
  const { transactionKey: id, paymentNumber: reference, status, amount } = charge;
  return json({ data: { id, reference, state: stateOf[status], amount: shownAmount(amount) } });
}

function shownRefund(refund: Refund | RefundRefusal, status: number): HttpAnswer {
  if (typeof refund === 'string') return refusals[refund];
  return json({ data: { id: refund.refundId, state: 'succeeded', amount: shownAmount(refund.amount) } }, status);
}

function shownAmount(amount: bigint): { readonly value: string; readonly currency: string } {
  return { value: `${amount}.00`, currency: 'KRW' };
}

function refused(status: number, code: string): HttpAnswer {
  return json({ error: { code } }, status);
}
