/** What a bank is asked for: MOVE_IN takes from a business for the pooled account; PAY_OUT and RETURN give to one out of it. */
export const callKinds = ['MOVE_IN', 'PAY_OUT', 'RETURN'] as const;

export type CallKind = (typeof callKinds)[number];

/**
 * States of a call of a bank: READY, committed before anything is sent; ASKED, perhaps sent; DONE and REFUSED, which the bank has said.
 * Only these two end it: no answer, a time-out and "not found" leave it ASKED, and it is asked for again under the same key. Only a
 * refusal, which the bank keeps under the key for ever, permits another call of its kind, with the next `seq`.
 */
export type CallStatus = 'READY' | 'ASKED' | 'DONE' | 'REFUSED';

/** A call of a request. */
export interface NewBankCall {
  readonly callId: bigint;
  readonly requestId: bigint;
  readonly kind: CallKind;
  /** From 1. */
  readonly seq: number;
}

/** The key under which a bank is asked, made once and stored before the first try. */
export function callKeyOf({ requestId, kind, seq }: Pick<NewBankCall, 'requestId' | 'kind' | 'seq'>): string {
  return `${requestId}-${kind}-${seq}`;
}
