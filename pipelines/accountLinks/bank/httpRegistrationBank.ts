import { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../../src/connectors/httpClient.ts';
import { readAnswer } from '../../../src/connectors/readAnswer.ts';
import { statusFailure } from '../../../src/connectors/statusFailure.ts';
import { WeirError } from '../../../src/errors.ts';
import { bankReason } from '../../shared/bankReason.ts';
import type { RegistrationAnswer, RegistrationBank } from './registrationBank.ts';

const registration = z.discriminatedUnion('status', [
  z.object({ status: z.literal('REGISTERED') }),
  z.object({ status: z.literal('REFUSED'), reason: bankReason }),
]);
const problem = z.object({ detail: z.string() });

/** The bank over HTTP: a registration is a POST under its idempotency key. */
export function httpRegistrationBank(client: HttpClient): RegistrationBank {
  return {
    async register({ key, accountId, partner, accountNumber }, signal) {
      const body = JSON.stringify({ account: accountId, partner, accountNumber });
      const request = { method: 'POST', path: '/partner-accounts', headers: { 'idempotency-key': key }, body } as const;
      return readRegistration(await client.ask(request, signal));
    },
    async find(key, signal) {
      const answer = await client.ask({ method: 'GET', path: `/partner-accounts/${encodeURIComponent(key)}` }, signal);
      if (answer.status !== 404) return readRegistration(answer);
      // Only in the bank's own words: a proxy may say 404 too.
      readAnswer(answer, problem, strange);
      return { kind: 'notFound' };
    },
  };
}

function readRegistration(answer: HttpAnswer): RegistrationAnswer {
  const failure = statusFailure(answer, { service: 'The bank', what: 'partner account' });
  if (failure !== undefined) throw failure;
  const said = readAnswer(answer, registration, strange);
  return said.status === 'REGISTERED' ? { kind: 'registered' } : { kind: 'refused', reason: said.reason };
}

const strange = (): WeirError => new WeirError('outcomeUnknown', 'The bank answered in a form that it does not have.');
