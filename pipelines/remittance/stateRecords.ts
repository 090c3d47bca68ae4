import type { RequestState } from './requestState.ts';

/**
 * The records that the ledger has of a request in each state, in the order of their names, by the table of `requestState.ts`: one of these,
 * nothing else. One that goes back may have been suspended, and released.
 */
export const stateRecords: Readonly<Record<RequestState, readonly string[]>> = {
  REQUESTED: [''],
  DEPOSIT_PENDING: [''],
  FAILED: [''],
  DEPOSITED: ['MOVED_IN'],
  WITHDRAWN: ['MOVED_IN WITHDRAWN'],
  COMPLETED: ['MOVED_IN PAID_OUT WITHDRAWN'],
  REVERSED: [''], // never stands: it goes on to RETURNING in the same transaction
  RETURNING: ['MOVED_IN REVERSED SENT_BACK WITHDRAWN', 'MOVED_IN REVERSED SENT_BACK SUSPENDED WITHDRAWN'],
  RETURNED: ['MOVED_IN RETURNED REVERSED SENT_BACK WITHDRAWN', 'MOVED_IN RELEASED REVERSED SENT_BACK SUSPENDED WITHDRAWN'],
};

/** SQL: the same, as an array of text. `state`: the column that names it, with its table. */
export function recordsOfState(state: string): string {
  const cases = Object.entries(stateRecords).map(([name, records]) => `WHEN '${name}' THEN ARRAY[${records.map(quoted).join(', ')}]`);
  return `(CASE ${state} ${cases.join(' ')} END)`;
}

function quoted(text: string): string {
  return `'${text}'`;
}
