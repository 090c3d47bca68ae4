import { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../../src/connectors/httpClient.ts';
import { readAnswer } from '../../../src/connectors/readAnswer.ts';
import { statusFailure } from '../../../src/connectors/statusFailure.ts';
import { WeirError } from '../../../src/errors.ts';
import { bankReason } from '../../shared/bankReason.ts';
import type { Bank, BankAnswer } from './bank.ts';

const transfer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ACCEPTED') }),
  z.object({ status: z.literal('DONE') }),
  z.object({ status: z.literal('REFUSED'), reason: bankReason }),
]);
const problem = z.object({ detail: z.string() });

/** The bank over HTTP: an order is a POST under its idempotency key, amounts are decimal text. */
export function httpBank(client: HttpClient): Bank {
  return {
    async move({ key, kind, accountNumber, amountMinor }, signal) {
      const body = JSON.stringify({ kind, account: accountNumber, amount: amountMinor.toString() });
      return readTransfer(await client.ask({ method: 'POST', path: '/transfers', headers: { 'idempotency-key': key }, body }, signal));
    },
    async find(key, signal) {
      const answer = await client.ask({ method: 'GET', path: `/transfers/${encodeURIComponent(key)}` }, signal);
      if (answer.status !== 404) return readTransfer(answer);
      // Only in the bank's own words: a proxy may say 404 too.
      readAnswer(answer, problem, strange);
      return { kind: 'notFound' };
    },
  };
}

function readTransfer(answer: HttpAnswer): BankAnswer {
  const failure = statusFailure(answer, { service: 'The bank', what: 'transfer' });
  if (failure !== undefined) throw failure;
  const said = readAnswer(answer, transfer, strange);
  switch (said.status) {
    case 'ACCEPTED':
      return { kind: 'accepted' };
    case 'DONE':
      return { kind: 'done' };
    case 'REFUSED':
      return { kind: 'refused', reason: said.reason };
  }
}

const strange = (): WeirError => new WeirError('outcomeUnknown', 'The bank answered in a form that it does not have.');
