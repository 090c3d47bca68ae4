import { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../../src/connectors/httpClient.ts';
import { statusFailure } from '../../../src/connectors/statusFailure.ts';
import { WeirError } from '../../../src/errors.ts';
import type { GatewayAnswer } from '../payment.ts';
import { readGateway, requireSame, type PaymentGateway, type RefundAnswer } from './gateway.ts';

const name = 'transfer';

const resultCode = z.string().regex(/^\d{4}$/);
const result = z.object({ resultCode });
const amount = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(BigInt);
const paid = z.object({ tid: z.string().min(1).max(200), reference: z.string(), amount });

/** The gateway of bank transfers: everything is a POST that is answered by 200, and a code tells what is meant; amounts as text. */
export function transferGateway(client: HttpClient): PaymentGateway {
  const post = async (path: string, input: object, signal: AbortSignal): Promise<Coded> => {
    const answer = await client.ask({ method: 'POST', path, body: JSON.stringify(input) }, signal);
    const failure = statusFailure(answer, { service: 'The transfer gateway', what: 'request' });
    if (failure !== undefined) throw failure;
    return { answer, code: readGateway(name, answer, result).resultCode };
  };
  return {
    async ask({ paymentNumber, transactionKey }, signal) {
      const questions = [...(transactionKey === undefined ? [] : [{ tid: transactionKey }]), { reference: paymentNumber }];
      for (const question of questions) {
        const said = await post('/inquiries', question, signal);
        if (said.code !== codes.unknown) return readCharge(said, paymentNumber);
      }
      return { kind: 'notFound' };
    },
    async refund({ key, transactionKey, amountMinor }, signal) {
      const input = { tid: transactionKey, amount: amountMinor.toString(), requestId: key };
      const said = await post('/refunds', input, signal);
      return said.code === codes.unknown ? { kind: 'refused', why: said.code } : readRefund(said);
    },
    async askRefund({ key }, signal) {
      return readRefund(await post('/refund-inquiries', { requestId: key }, signal));
    },
  };
}

const codes = { done: '0000', notYet: '1001', failed: '3001', unknown: '4040' };

interface Coded {
  readonly answer: HttpAnswer;
  readonly code: string;
}

function readCharge({ answer, code }: Coded, paymentNumber: string): GatewayAnswer {
  switch (code) {
    case codes.done: {
      const { tid, reference, amount: amountMinor } = readGateway(name, answer, paid);
      requireSame(name, paymentNumber, reference);
      return { kind: 'paid', transactionKey: tid, amountMinor };
    }
    case codes.notYet:
      return { kind: 'pending' };
    case codes.failed:
      return { kind: 'failed' };
    default:
      throw new WeirError('unavailable', `The transfer gateway answered with the code ${code}, from which nothing follows.`);
  }
}

function readRefund({ code }: Coded): RefundAnswer {
  switch (code) {
    case codes.done:
      return { kind: 'done' };
    case codes.notYet:
      return { kind: 'accepted' };
    case codes.unknown:
      return { kind: 'notFound' };
    default:
      return { kind: 'refused', why: code };
  }
}
