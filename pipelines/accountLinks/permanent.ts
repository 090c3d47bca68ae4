import { WeirError } from '../../src/errors.ts';
import type { Clash } from './admission.ts';

/** Why a request is put aside that the bank has refused, in the bank's own word. */
export function refusal(code: string): WeirError {
  return new WeirError('refused', `The bank refused to register the account: ${code}.`);
}

/** Why a request is put aside that clashes with the link that there is. */
export function clashOf(code: Clash): WeirError {
  return new WeirError('refused', sentences[code]);
}

const sentences: Readonly<Record<Clash, string>> = {
  LINKED_TO_ANOTHER: 'accountNumber: the account is linked to another account number of this partner.',
  ANOTHER_UNDER_WAY: 'accountNumber: another account number of this partner is just being registered for the account.',
};

/** Why a request is put aside of which the bank has said under one key that it is registered and that it is refused. */
export const contradicted = new WeirError(
  'refused',
  'The bank has said under one key both that the account is registered and that it is not.',
);
