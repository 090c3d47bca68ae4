import { z } from 'zod';
import { decimalAmount } from '../decimalAmount.ts';
import { json, jsonIn, notHere, type HttpAnswer } from '../httpAnswer.ts';
import type { Charge, ChargeStore, RefundRefusal } from './chargeStore.ts';
import type { Manner } from './manner.ts';

const text = z.string().min(1);
const inquiry = z.union([z.strictObject({ reference: text }), z.strictObject({ tid: text })]);
const refund = z.strictObject({ tid: text, amount: decimalAmount, requestId: text });
const refundInquiry = z.strictObject({ requestId: text });

const codeOfStatus = { APPROVED: '0000', PENDING: '1001', DECLINED: '3001' } as const satisfies Record<Charge['status'], string>;
const codeOfRefusal = { unknown: '4040', conflict: '4220', notRefundable: '3001' } as const satisfies Record<RefundRefusal, string>;

/**
 * Bank transfers: everything is a POST and HTTP 200, a code in the body tells, amounts are text.
 *
 *     POST /inquiries {reference: paymentNumber} or {tid: transactionKey}
 *                                     {resultCode: 0000 paid | 1001 not yet | 3001 failed | 4040 unknown, tid, reference, amount: "12000"}
 *     POST /refunds {tid, amount: "12000", requestId}
 *                                     {resultCode: 0000 done | 1001 accepted, done later | 3001 not possible | 4040 no such tid |
 *                                     4220 another refund under that requestId, requestId}, the same for the same requestId
 *     POST /refund-inquiries {requestId}
 *                                     {resultCode: 0000 done | 1001 not yet | 4040 unknown, requestId}
 *
 * What cannot be read is `4000`.
 */
export const transfer: Manner = ({ method, path, body }, charges) => {
  if (method !== 'POST') return notHere;
  switch (path) {
    case '/inquiries':
      return inquired(charges, body);
    case '/refunds':
      return refunded(charges, body);
    case '/refund-inquiries':
      return refundInquired(charges, body);
    default:
      return notHere;
  }
};

const unreadable = coded('4000');

function inquired(charges: ChargeStore, body: string): ReturnType<Manner> {
  const { data: asked } = inquiry.safeParse(jsonIn(body));
  if (asked === undefined) return unreadable;
  const find = (): Charge | undefined => ('tid' in asked ? charges.byKey(asked.tid) : charges.byNumber(asked.reference));
  return {
    about: find()?.paymentNumber ?? ('tid' in asked ? asked.tid : asked.reference),
    perform() {
      const charge = find();
      if (charge === undefined) return coded('4040');
      const { transactionKey: tid, paymentNumber: reference, amount, status } = charge;
      return coded(codeOfStatus[status], { tid, reference, amount: String(amount) });
    },
  };
}

function refunded(charges: ChargeStore, body: string): ReturnType<Manner> {
  const { data: asked } = refund.safeParse(jsonIn(body));
  if (asked === undefined) return unreadable;
  const { tid, amount, requestId } = asked;
  return {
    about: charges.byKey(tid)?.paymentNumber ?? tid,
    perform() {
      const made = charges.giveBack(tid, requestId, amount);
      if (typeof made === 'string') return coded(codeOfRefusal[made], { requestId });
      return coded(charges.isDone(made) ? '0000' : '1001', { requestId });
    },
  };
}

function refundInquired(charges: ChargeStore, body: string): ReturnType<Manner> {
  const { data: asked } = refundInquiry.safeParse(jsonIn(body));
  if (asked === undefined) return unreadable;
  const { requestId } = asked;
  return {
    about: charges.refund(requestId)?.charge.paymentNumber ?? requestId,
    perform() {
      const found = charges.refund(requestId);
      if (found === undefined) return coded('4040', { requestId });
      return coded(charges.isDone(found.refund) ? '0000' : '1001', { requestId });
    },
  };
}

function coded(resultCode: string, more: Readonly<Record<string, string>> = {}): HttpAnswer {
  return json({ resultCode, ...more });
}
