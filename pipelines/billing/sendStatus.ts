/** What the column `send_status` may hold. */
export const sendStatuses = ['CREATED', 'SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING', 'COMPLETED', 'FAILED'] as const;

export type SendStatus = (typeof sendStatuses)[number];

/** A status, with `PARKED` for SENDING that has a park reason: it waits for a person. */
export type SendState = SendStatus | 'PARKED';

/**
 * What may happen to a bill, and nothing else may. `PARKED` is SENDING with a reason to park.
 *
 * | Event | From | To | Who | Guard |
 * |-|-|-|-|-|
 * | `dispatched` | CREATED | SEND_PENDING | dispatch | `send_on` reached; marked before it is published |
 * | `claimed` | SEND_PENDING | SENDING | claim | own token |
 * | `quiet` | SEND_PENDING | IN_QUIET_HOUR | record, claim | compare-and-set |
 * | `rateLimited` | SEND_PENDING | SEND_PENDING | record | compare-and-set; gets `next_attempt_at` |
 * | `republished` | SEND_PENDING | SEND_PENDING | redispatch | `next_attempt_at` due, or its message was lost |
 * | `quietEnded` | IN_QUIET_HOUR | SEND_PENDING | redispatch | next allowed time reached |
 * | `sent` | SENDING, PARKED | COMPLETED | record | token: a late answer counts though it was parked meanwhile |
 * | `sentAfterAll` | SEND_PENDING, IN_QUIET_HOUR | COMPLETED | record | its attempt is UNKNOWN: a late answer counts though a person has asked for another send that nobody has taken |
 * | `refused` | SENDING, PARKED | FAILED | record | token, as above |
 * | `later` | SENDING | SEND_PENDING | record | token; gets `next_attempt_at` |
 * | `unknown` | SENDING | PARKED | record | token |
 * | `leaseRanOut` | SENDING | PARKED | redispatch | its mail may have reached the server: never mailed again by itself |
 * | `doubted` | CREATED, SEND_PENDING, IN_QUIET_HOUR, SENDING | PARKED | operator | reason; due before a restore of the database, which may have forgotten that it was sent |
 * | `resent` | PARKED | SEND_PENDING | operator | reason |
 * | `closedAsSent` | PARKED | COMPLETED | operator | reason |
 * | `closedAsFailed` | PARKED | FAILED | operator | reason |
 * | `forced` | CREATED, SEND_PENDING, IN_QUIET_HOUR, PARKED, FAILED | SEND_PENDING | operator | compare-and-set, reason; quiet hours do not count |
 * | `retried` | FAILED | SEND_PENDING | operator | compare-and-set, reason; all of a month and code |
 * | `sentAsSms` | FAILED | SENDING | operator | compare-and-set, key |
 * | `askedAgain` | PARKED | SENDING | operator | reason; an SMS, under its old key |
 * | `takenBack` | SENDING | SENDING | redispatch | an SMS whose holder died; the endpoint remembers its key |
 * | `putOff` | SENDING | SENDING | record of an SMS | token; the endpoint does not have it, so nobody holds it any more |
 */
export const sendTransitions = {
  dispatched: { from: ['CREATED'], to: 'SEND_PENDING' },
  claimed: { from: ['SEND_PENDING'], to: 'SENDING' },
  quiet: { from: ['SEND_PENDING'], to: 'IN_QUIET_HOUR' },
  rateLimited: { from: ['SEND_PENDING'], to: 'SEND_PENDING' },
  republished: { from: ['SEND_PENDING'], to: 'SEND_PENDING' },
  quietEnded: { from: ['IN_QUIET_HOUR'], to: 'SEND_PENDING' },
  sent: { from: ['SENDING', 'PARKED'], to: 'COMPLETED' },
  sentAfterAll: { from: ['SEND_PENDING', 'IN_QUIET_HOUR'], to: 'COMPLETED' },
  refused: { from: ['SENDING', 'PARKED'], to: 'FAILED' },
  later: { from: ['SENDING'], to: 'SEND_PENDING' },
  unknown: { from: ['SENDING'], to: 'PARKED' },
  leaseRanOut: { from: ['SENDING'], to: 'PARKED' },
  doubted: { from: ['CREATED', 'SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING'], to: 'PARKED' },
  resent: { from: ['PARKED'], to: 'SEND_PENDING' },
  closedAsSent: { from: ['PARKED'], to: 'COMPLETED' },
  closedAsFailed: { from: ['PARKED'], to: 'FAILED' },
  forced: { from: ['CREATED', 'SEND_PENDING', 'IN_QUIET_HOUR', 'PARKED', 'FAILED'], to: 'SEND_PENDING' },
  retried: { from: ['FAILED'], to: 'SEND_PENDING' },
  sentAsSms: { from: ['FAILED'], to: 'SENDING' },
  askedAgain: { from: ['PARKED'], to: 'SENDING' },
  takenBack: { from: ['SENDING'], to: 'SENDING' },
  putOff: { from: ['SENDING'], to: 'SENDING' },
} as const satisfies Record<string, { readonly from: readonly SendState[]; readonly to: SendState }>;

export type SendEvent = keyof typeof sendTransitions;

/** The state of a bill's row. */
export function stateOf(status: SendStatus, parkReason: string | null): SendState {
  return status === 'SENDING' && parkReason !== null ? 'PARKED' : status;
}

/** Whether any event leads from one state to another. */
export function mayChange(from: SendState, to: SendState): boolean {
  return Object.values(sendTransitions).some((transition) => transition.to === to && isAmong(transition.from, from));
}

/**
 * The values of `send_status` that an event may start from, for the guard of its statement. PARKED and SENDING are one value
 * there: where only one of them is meant, the statement tells them apart by the park reason.
 */
export function statusesBefore(event: SendEvent): readonly SendStatus[] {
  return sendStatuses.filter(
    (status) => isAmong(sendTransitions[event].from, status) || (status === 'SENDING' && isAmong(sendTransitions[event].from, 'PARKED')),
  );
}

function isAmong(states: readonly SendState[], state: SendState): boolean {
  return states.includes(state);
}
