/**
 * Why nobody knows of late remittances by the chat. `unknown`: the post was cut short, so nobody can tell whether it is there.
 * `leaseRanOut`: whoever had claimed it died or hung, and told nothing. `refused`: the chat will never take it as it is.
 */
export type UntoldReason = 'unknown' | 'leaseRanOut' | 'refused';

/** Tells that people were perhaps not told of a number of late remittances; nothing for none. */
export type TellUntold = (reason: UntoldReason, remittances: number) => void;

/** Where it is told. */
export interface UntoldNews {
  readonly log: { warn(sentence: string, fields: { readonly reason: string; readonly count: number }): void };
}

/**
 * Makes the teller: a warning for each chunk. Told when it is durable; a process that dies between the two has not told, so what counts
 * is the rows, which a gauge counts.
 */
export function untoldTeller({ log }: UntoldNews): TellUntold {
  return (reason, remittances) => {
    if (remittances === 0) return;
    log.warn('the chat was perhaps not told of late remittances', { reason, count: remittances });
  };
}
