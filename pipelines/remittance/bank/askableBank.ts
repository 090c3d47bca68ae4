import type { Gate } from '../../../operators/gate.ts';
import { shutGate } from '../../../operators/shutGate.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { WeirError } from '../../../src/errors.ts';
import type { Bank } from './bank.ts';
import { httpBank } from './httpBank.ts';

/** A bank behind its breaker. */
export interface GatedBank {
  readonly bank: Bank;
  readonly gate: Gate;
}

/** The bank that is set up; where none is, one behind a gate that never opens, so that its calls wait. */
export function askableBank(client: HttpClient | undefined, gate: Gate): GatedBank {
  return client === undefined ? noBank : { bank: httpBank(client), gate };
}

const notSetUp = 'No bank is set up: set bank.url.';

const refuse = (): never => {
  throw new WeirError('unavailable', notSetUp);
};

const noBank: GatedBank = {
  bank: { move: refuse, find: refuse },
  gate: shutGate('bank, which is not set up', notSetUp),
};
