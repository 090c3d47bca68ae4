/**
 * States of a request.
 *
 * | state | what happens | next | ledger |
 * |-|-|-|-|
 * | REQUESTED | the bank has moved A's money in | DEPOSIT_PENDING | |
 * | REQUESTED | the bank refuses | FAILED | |
 * | DEPOSIT_PENDING | transaction 1 | DEPOSITED, and its event | EXTERNAL of A → POOL |
 * | DEPOSIT_PENDING | the bank has refused after all, as a person has found out | FAILED | |
 * | DEPOSITED | transaction 2 | WITHDRAWN, and the call PAY_OUT | POOL → TRANSIT |
 * | WITHDRAWN | B's bank has paid | COMPLETED | TRANSIT → EXTERNAL of B |
 * | WITHDRAWN | B's bank refuses | REVERSED, then RETURNING and the call RETURN | TRANSIT → POOL → TRANSIT |
 * | RETURNING | A's bank has paid back | RETURNED | TRANSIT → EXTERNAL of A |
 * | RETURNING | A's bank refuses | unchanged, parked | TRANSIT → SUSPENSE |
 * | RETURNING, parked | a person has it asked for again, and A's bank pays | RETURNED | SUSPENSE → EXTERNAL of A |
 *
 * While its bank contradicts itself about one of its calls a request enters no state. Ended states never change, and each state is entered once.
 */
export type RequestState =
  'REQUESTED' | 'DEPOSIT_PENDING' | 'DEPOSITED' | 'WITHDRAWN' | 'COMPLETED' | 'FAILED' | 'REVERSED' | 'RETURNING' | 'RETURNED';

/** Whether its withdrawal still lies ahead of a request. */
export function isBeforeWithdrawal({ state }: { readonly state: RequestState }): boolean {
  return state === 'REQUESTED' || state === 'DEPOSIT_PENDING' || state === 'DEPOSITED';
}

/** States in which a request has its end. */
export const endedStates = ['COMPLETED', 'FAILED', 'RETURNED'] as const satisfies readonly RequestState[];
