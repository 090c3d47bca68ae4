import type { Gate } from '../../../operators/gate.ts';
import { shutGate } from '../../../operators/shutGate.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { WeirError } from '../../../src/errors.ts';
import { httpRegistrationBank } from './httpRegistrationBank.ts';
import type { RegistrationBank } from './registrationBank.ts';

/** A bank behind its breaker. */
export interface GatedRegistrationBank {
  readonly bank: RegistrationBank;
  readonly gate: Gate;
}

/** The bank that is set up; where none is, one behind a gate that never opens, so that its calls wait. */
export function askableRegistrationBank(client: HttpClient | undefined, gate: Gate): GatedRegistrationBank {
  return client === undefined ? noBank : { bank: httpRegistrationBank(client), gate };
}

const notSetUp = 'No bank is set up: set bank.url.';

const refuse = (): never => {
  throw new WeirError('unavailable', notSetUp);
};

const noBank: GatedRegistrationBank = {
  bank: { register: refuse, find: refuse },
  gate: shutGate('bank, which is not set up', notSetUp),
};
