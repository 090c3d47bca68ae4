import { z } from 'zod';
import { json, jsonIn, notHere, problem, type HttpAnswer } from '../httpAnswer.ts';
import type { Call } from '../httpFaults.ts';
import type { Asked } from '../httpSimulator.ts';
import type { DecidedRegistration, RegistrationStore } from './registrationStore.ts';

const text = z.string().min(1).max(100);
const registration = z.strictObject({ account: text, partner: text, accountNumber: text });

/** What a client asks of a bank about partner accounts. */
export function understoodRegistration(asked: Asked, registrations: RegistrationStore): Call | HttpAnswer {
  const { method, parts } = asked;
  const [, key, ...more] = parts;
  if (more.length > 0) return notHere;
  if (method === 'GET' && key !== undefined) return inquired(key, registrations);
  return method === 'POST' && key === undefined ? registered(asked, registrations) : notHere;
}

/** The number and the key, so that faults are aimed at either. */
function aboutRegistration({ accountNumber, key }: Pick<DecidedRegistration, 'accountNumber' | 'key'>): string {
  return `${accountNumber}/${key}`;
}

function inquired(key: string, registrations: RegistrationStore): Call {
  const known = registrations.find(key);
  return {
    about: known === undefined ? key : aboutRegistration(known),
    perform() {
      const decided = registrations.find(key);
      return decided === undefined ? problem(404, 'no such partner account') : json(shown(decided));
    },
  };
}

function registered({ header, body }: Asked, registrations: RegistrationStore): Call | HttpAnswer {
  const key = header('idempotency-key');
  const { data } = registration.safeParse(jsonIn(body));
  if (key === '' || key.length > 255 || data === undefined) {
    return problem(400, 'expected an Idempotency-Key and {account, partner, accountNumber}');
  }
  return {
    about: aboutRegistration({ accountNumber: data.accountNumber, key }),
    perform() {
      const decided = registrations.take(key, data);
      return decided === 'conflict' ? problem(422, 'this Idempotency-Key was used for another partner account') : json(shown(decided));
    },
  };
}

function shown({ status, reason }: DecidedRegistration): object {
  return { status, ...(reason !== undefined && { reason }) };
}
