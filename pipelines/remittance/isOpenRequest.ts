import { endedStates } from './requestState.ts';

/** SQL: whether a request has no end yet, in the words of the index over such. `state`: the column that holds its state. */
export function isOpenRequest(state: string): string {
  return `${state} NOT IN (${endedStates.map((ended) => `'${ended}'`).join(', ')})`;
}
