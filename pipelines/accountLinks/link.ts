/**
 * States of a link, of which there is one for each account and partner.
 *
 * | state | what happens | next |
 * |-|-|-|
 * | – | a request comes | REQUESTED, with the key under which the bank is asked |
 * | REQUESTED, REGISTERING | it is claimed, committed before anything is sent | REGISTERING |
 * | REGISTERING | the bank has registered it | ACTIVE |
 * | REGISTERING | the bank refuses, in its own words | FAILED |
 * | REGISTERING | no answer, or none that can be believed | unchanged: tried again under its key, then parked |
 * | REGISTERING, parked | a person has it tried again | unchanged |
 * | REGISTERING, parked | a person says what the people of the bank say | ACTIVE or FAILED |
 * | FAILED | another request comes | REQUESTED, with the next key |
 */
export type LinkStatus = 'REQUESTED' | 'REGISTERING' | 'ACTIVE' | 'FAILED';

/** The key under which the bank is asked: made once, and stored before the first call. */
export function linkKeyOf({ linkId, seq }: { readonly linkId: bigint; readonly seq: number }): string {
  return `link-${linkId}-${seq}`;
}

/** Whose account number it is, as its ciphertext is bound to: the same number of another row does not open there. */
export function ownerOf({ accountId, partner }: { readonly accountId: string; readonly partner: string }): string {
  return `${accountId}/${partner}`;
}

/** The field that its ciphertext is bound to. */
export const accountNumberField = 'account_number';
