/**
 * Why a notice waits for a person. `unknown`: its call was cut short, so nobody can tell whether it left. `leaseRanOut`: whoever had
 * claimed it died or hung, and told nothing. `refused`: it will never be taken as it is.
 */
export const putAsideReasons = ['unknown', 'leaseRanOut', 'refused'] as const;

export type PutAsideReason = (typeof putAsideReasons)[number];

/** Tells people that a number of notices wait for them; nothing for none. */
export type TellPutAside = (reason: PutAsideReason, notices: number) => void;

/** Where it is told. */
export interface PutAsideNews {
  readonly log: { warn(sentence: string, fields: { readonly reason: string; readonly count: number }): void };
  readonly count: (name: 'weir_notices_put_aside_total', labels: { readonly reason: string }, by: number) => void;
}

/**
 * Makes the teller: a warning and a counter for each chunk that put something aside. Told when it is durable; a process that dies
 * between the two has not told, so what counts is the rows, which its log and counter only point to.
 */
export function putAsideTeller({ log, count }: PutAsideNews): TellPutAside {
  for (const reason of putAsideReasons) count('weir_notices_put_aside_total', { reason }, 0);
  return (reason, notices) => {
    if (notices === 0) return;
    log.warn('notices of payments were put aside for a person', { reason, count: notices });
    count('weir_notices_put_aside_total', { reason }, notices);
  };
}
