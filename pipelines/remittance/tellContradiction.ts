import type { CallChange } from './callStanding.ts';

/** Tells people when a bank has contradicted itself; nothing for any other change. */
export type TellContradiction = (change: CallChange | undefined) => void;

/** Where it is told. */
export interface ContradictionLog {
  error(sentence: string, fields: { readonly key: string; readonly state: string }): void;
}

/** Makes the teller. Told when it is durable: what counts is the row, which is parked. */
export function contradictionTeller(log: ContradictionLog): TellContradiction {
  return (change) => {
    if (change?.kind !== 'contradicted') return;
    const { callId, status } = change.call;
    log.error('the bank has said the opposite of how it ended a call: its first word counts, and a person has to look', {
      key: callId.toString(),
      state: status,
    });
  };
}
