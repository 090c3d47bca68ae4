/**
 * Why a bill was parked. `unknown`: its send was cut short, so nobody can tell whether it was mailed. `leaseRanOut`: whoever had
 * claimed it died or hung, and told nothing.
 */
export const parkReasons = ['unknown', 'leaseRanOut'] as const;

export type ParkReason = (typeof parkReasons)[number];

/** Tells people that a number of bills was parked and waits for them; nothing for none. */
export type TellParked = (reason: ParkReason, bills: number) => void;

/** Where it is told. */
export interface ParkedNews {
  readonly log: { warn(sentence: string, fields: { readonly reason: string; readonly count: number }): void };
  readonly count: (name: 'weir_bills_parked_total', labels: { readonly reason: string }, by: number) => void;
}

/**
 * Makes the teller: a warning and a counter for each chunk that parked something. Told when it is durable; a process that dies
 * between the two has not told, so what counts is the rows, which its log and counter only point to.
 */
export function parkedTeller({ log, count }: ParkedNews): TellParked {
  for (const reason of parkReasons) count('weir_bills_parked_total', { reason }, 0);
  return (reason, bills) => {
    if (bills === 0) return;
    log.warn('bills were parked for a person: nobody can tell whether they were mailed', { reason, count: bills });
    count('weir_bills_parked_total', { reason }, bills);
  };
}
