import { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../../src/connectors/httpClient.ts';
import { statusFailure } from '../../../src/connectors/statusFailure.ts';
import type { GatewayAnswer } from '../payment.ts';
import { readGateway, requireSame, type PaymentGateway, type RefundAnswer } from './gateway.ts';

const name = 'card';

const charge = z.object({
  transactionKey: z.string().min(1).max(200),
  paymentNumber: z.string(),
  status: z.enum(['APPROVED', 'DECLINED', 'PENDING']),
  amount: z.int().positive(),
});
const refunded = z.object({ status: z.enum(['DONE']) });
const problem = z.object({ detail: z.string().max(200) });

/** The card gateway: resources and statuses of HTTP, amounts as numbers. */
export function cardGateway(client: HttpClient): PaymentGateway {
  const get = (path: string, signal: AbortSignal): Promise<HttpAnswer> => client.ask({ method: 'GET', path }, signal);
  return {
    async ask({ paymentNumber, transactionKey }, signal) {
      const paths = [
        ...(transactionKey === undefined ? [] : [`/payments/${encodeURIComponent(transactionKey)}`]),
        `/payments?paymentNumber=${encodeURIComponent(paymentNumber)}`,
      ];
      for (const path of paths) {
        const answer = await get(path, signal);
        if (answer.status !== 404) return readCharge(answer, paymentNumber);
        // Only in the gateway's own words: a proxy may say 404 too.
        readGateway(name, answer, problem);
      }
      return { kind: 'notFound' };
    },
    async refund({ key, transactionKey, amountMinor }, signal) {
      const path = `/payments/${encodeURIComponent(transactionKey)}/refunds`;
      const body = JSON.stringify({ amount: Number(amountMinor) });
      return readRefund(await client.ask({ method: 'POST', path, headers: { 'idempotency-key': key }, body }, signal));
    },
    async askRefund({ key }, signal) {
      const answer = await get(`/refunds/${encodeURIComponent(key)}`, signal);
      if (answer.status !== 404) return readRefund(answer);
      readGateway(name, answer, problem);
      return { kind: 'notFound' };
    },
  };
}

function readCharge(answer: HttpAnswer, paymentNumber: string): GatewayAnswer {
  const failure = statusFailure(answer, { service: 'The card gateway', what: 'question' });
  if (failure !== undefined) throw failure;
  const said = readGateway(name, answer, charge);
  requireSame(name, paymentNumber, said.paymentNumber);
  switch (said.status) {
    case 'APPROVED':
      return { kind: 'paid', transactionKey: said.transactionKey, amountMinor: BigInt(said.amount) };
    case 'DECLINED':
      return { kind: 'failed' };
    case 'PENDING':
      return { kind: 'pending' };
  }
}

function readRefund(answer: HttpAnswer): RefundAnswer {
  if (answer.status === 404 || answer.status === 409 || answer.status === 422) {
    return { kind: 'refused', why: readGateway(name, answer, problem).detail };
  }
  const failure = statusFailure(answer, { service: 'The card gateway', what: 'refund' });
  if (failure !== undefined) throw failure;
  readGateway(name, answer, refunded);
  return { kind: 'done' };
}
