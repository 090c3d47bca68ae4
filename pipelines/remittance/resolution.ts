import { WeirError } from '../../src/errors.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import { contradiction } from './contradictionStore.ts';
import type { OperatedCall, OperatedRequest } from './operatedRequest.ts';

/** Which of the bank's two words about a call is true: the money moved, or it did not. */
export const truths = ['done', 'refused'] as const;

export type Truth = (typeof truths)[number];

type EndedStatus = Extract<CallStatus, 'DONE' | 'REFUSED'>;

/** How a contradiction ends. */
export interface Resolution {
  readonly call: OperatedCall;
  /** What the call stands as from now on. */
  readonly status: EndedStatus;
  /** Whether its end goes to the ledger, once more where it was there. */
  readonly isToBeBooked: boolean;
}

/**
 * Decides what a person's word about a contradicted call does.
 *
 * | the call | what is true | |
 * |-|-|-|
 * | is not booked | either word | it stands so, and is booked by the table of `settlement.ts` |
 * | is booked | the same | nothing further: the ledger is right |
 * | is booked | the opposite | refused, with what stands in the ledger |
 * | RETURN, the latest, refused and put aside | either word | it stands so, and is booked anew: released, or put aside for a person |
 * | is one of several, and not named | | refused |
 * | is not contradicted, or there is none | | refused |
 */
export function decideResolution(request: OperatedRequest, truth: Truth, callId?: bigint): Resolution {
  const call = contradictedCall(request, callId);
  const status = truth === 'done' ? 'DONE' : 'REFUSED';
  if (!call.isBooked || isPutAside(request, call)) return { call, status, isToBeBooked: true };
  if (call.status === status) return { call, status, isToBeBooked: false };
  const records = recordsOf[`${call.kind} ${call.status as EndedStatus}`];
  throw refusal(
    request,
    `is ${request.state}: its ${call.kind} is booked as ${call.status}, and the ledger has ${records}. That is not undone: clear it with the bank`,
  );
}

function contradictedCall(request: OperatedRequest, callId: bigint | undefined): OperatedCall {
  const failed = new Set(request.failures.flatMap(({ step, id, code }) => (step === 'call' && code === contradiction ? [id] : [])));
  const calls = request.calls.filter((call) => failed.has(call.callId));
  const named = callId === undefined ? calls : calls.filter((call) => call.callId === callId);
  const [call] = named;
  if (call === undefined) {
    throw refusal(request, `has no ${callId === undefined ? 'call' : `call ${callId}`} about which the bank contradicts itself`);
  }
  if (named.length === 1) return call;
  const which = named.map((one) => `${one.callId} (${one.kind} ${one.status})`).join(', ');
  throw refusal(request, `has several contradicted calls: name one of ${which}`);
}

/** Its money waits on SUSPENSE for what is found out, and nobody has been asked for it again. */
function isPutAside({ state, calls }: OperatedRequest, { kind, seq, status }: OperatedCall): boolean {
  return kind === 'RETURN' && status === 'REFUSED' && state === 'RETURNING' && !calls.some((one) => one.kind === kind && one.seq > seq);
}

/** What has been booked by the end of a call. */
const recordsOf: Readonly<Record<`${CallKind} ${EndedStatus}`, string>> = {
  'MOVE_IN DONE': 'MOVED_IN',
  'MOVE_IN REFUSED': 'no record of it',
  'PAY_OUT DONE': 'PAID_OUT',
  'PAY_OUT REFUSED': 'REVERSED and SENT_BACK',
  'RETURN DONE': 'RETURNED or RELEASED',
  'RETURN REFUSED': 'SUSPENDED',
};

function refusal({ requestId }: OperatedRequest, what: string): WeirError {
  return new WeirError('refused', `Remittance ${requestId} ${what}.`);
}
