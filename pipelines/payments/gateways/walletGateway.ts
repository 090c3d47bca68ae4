import { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../../src/connectors/httpClient.ts';
import { statusFailure } from '../../../src/connectors/statusFailure.ts';
import type { GatewayAnswer } from '../payment.ts';
import { readGateway, requireSame, type PaymentGateway, type RefundAnswer } from './gateway.ts';

const name = 'wallet';

/** Won with two decimals that are always zero: `12000.00`. */
const money = z.object({
  value: z
    .string()
    .regex(/^[1-9]\d{0,15}\.00$/)
    .transform((text) => BigInt(text.slice(0, -'.00'.length))),
  currency: z.literal('KRW'),
});
const charge = z.object({
  data: z.object({
    id: z.string().min(1).max(200),
    reference: z.string(),
    state: z.enum(['captured', 'authorizing', 'voided']),
    amount: money,
  }),
});
const refunded = z.object({ data: z.object({ state: z.enum(['succeeded', 'processing']) }) });
const refusal = z.object({ error: z.object({ code: z.string().max(100) }) });

/** The wallet's gateway: answers in envelopes, amounts as decimal text with a currency. */
export function walletGateway(client: HttpClient): PaymentGateway {
  const get = (path: string, signal: AbortSignal): Promise<HttpAnswer> => client.ask({ method: 'GET', path }, signal);
  return {
    async ask({ paymentNumber, transactionKey }, signal) {
      const paths = [
        ...(transactionKey === undefined ? [] : [`/v2/charges/${encodeURIComponent(transactionKey)}`]),
        `/v2/charges/by-reference/${encodeURIComponent(paymentNumber)}`,
      ];
      for (const path of paths) {
        const answer = await get(path, signal);
        if (answer.status !== 404) return readCharge(answer, paymentNumber);
        // Only in the wallet's own words: a proxy may say 404 too.
        readGateway(name, answer, refusal);
      }
      return { kind: 'notFound' };
    },
    async refund({ key, transactionKey, amountMinor }, signal) {
      const path = `/v2/charges/${encodeURIComponent(transactionKey)}/refunds`;
      const body = JSON.stringify({ amount: { value: `${amountMinor}.00`, currency: 'KRW' } });
      return readRefund(await client.ask({ method: 'POST', path, headers: { 'idempotency-key': key }, body }, signal));
    },
    async askRefund({ key }, signal) {
      const answer = await get(`/v2/refunds/by-key/${encodeURIComponent(key)}`, signal);
      if (answer.status !== 404) return readRefund(answer);
      readGateway(name, answer, refusal);
      return { kind: 'notFound' };
    },
  };
}

function readCharge(answer: HttpAnswer, paymentNumber: string): GatewayAnswer {
  const failure = statusFailure(answer, { service: 'The wallet gateway', what: 'question' });
  if (failure !== undefined) throw failure;
  const { id, reference, state, amount } = readGateway(name, answer, charge).data;
  requireSame(name, paymentNumber, reference);
  if (state === 'captured') return { kind: 'paid', transactionKey: id, amountMinor: amount.value };
  return { kind: state === 'voided' ? 'failed' : 'pending' };
}

function readRefund(answer: HttpAnswer): RefundAnswer {
  if (answer.status === 404 || answer.status === 409 || answer.status === 422) {
    return { kind: 'refused', why: readGateway(name, answer, refusal).error.code };
  }
  const failure = statusFailure(answer, { service: 'The wallet gateway', what: 'refund' });
  if (failure !== undefined) throw failure;
  return { kind: readGateway(name, answer, refunded).data.state === 'succeeded' ? 'done' : 'accepted' };
}
