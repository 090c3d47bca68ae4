import { WeirError } from '../../src/errors.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import { contradiction } from './contradictionStore.ts';
import type { FailingStep } from './failureStore.ts';
import { endedStates, type RequestState } from './requestState.ts';

/** A remittance as an operator meets it, with its calls and failures, locked. */
export interface OperatedRequest {
  readonly requestId: bigint;
  readonly state: RequestState;
  readonly calls: readonly OperatedCall[];
  /** Those that have no end. */
  readonly failures: readonly OperatedFailure[];
}

export interface OperatedCall {
  readonly callId: bigint;
  readonly kind: CallKind;
  readonly seq: number;
  readonly status: CallStatus;
  readonly isBooked: boolean;
}

export interface OperatedFailure {
  readonly step: FailingStep;
  /** Of the request; where the step is a call, of the call. */
  readonly id: bigint;
  readonly code: string;
  readonly error: string;
}

/** What is tried again, and how. */
export type Retry =
  /** The call is asked for again, under its own key. */
  | { readonly kind: 'ask'; readonly failure: OperatedFailure; readonly callId: bigint }
  /** The end of the call is booked. */
  | { readonly kind: 'book'; readonly failure: OperatedFailure; readonly callId: bigint }
  /** Transaction 2. */
  | { readonly kind: 'withdraw'; readonly failure: OperatedFailure }
  /** The bank has refused to take the money back: it is asked for anew, under the next key. */
  | { readonly kind: 'returnAgain'; readonly failure: OperatedFailure; readonly seq: number };

/**
 * Decides what a person's word tries again.
 *
 * | what stands | tried again |
 * |-|-|
 * | the bank has contradicted itself about any of its calls | nothing: refused, whatever else stands; `resolution.ts` ends that |
 * | a call without an end | it is asked about, and asked for under its key |
 * | a call that has ended and is not booked | its booking |
 * | money on the pooled account | its withdrawal |
 * | a RETURN that the bank has refused | a RETURN under the next key |
 * | nothing, or the remittance has its end | nothing: refused |
 */
export function decideRetries(request: OperatedRequest): readonly Retry[] {
  const { requestId, state, failures } = request;
  if (failures.some(({ code }) => code === contradiction)) throw refusal(requestId, whatIsContradicted(state));
  const ended: readonly RequestState[] = endedStates;
  if (ended.includes(state)) throw refusal(requestId, `has its end: it is ${state}`);
  if (failures.length === 0) throw refusal(requestId, `is ${state}, and nothing has failed of it: it goes on by itself`);
  const retries = failures.flatMap((failure) => retryOf(request, failure) ?? []);
  if (retries.length > 0) return retries;
  const codes = [...new Set(failures.map(({ code }) => code))].join(', ');
  throw refusal(requestId, `is ${state} with ${codes}, which trying again does not mend: find out from the bank what holds`);
}

function retryOf({ requestId, state, calls }: OperatedRequest, failure: OperatedFailure): Retry | undefined {
  if (failure.step === 'withdrawal') return state === 'DEPOSITED' ? { kind: 'withdraw', failure } : undefined;
  const call = calls.find(({ callId, kind }) =>
    failure.step === 'call' ? callId === failure.id : kind === 'MOVE_IN' && failure.id === requestId,
  );
  if (call === undefined) return undefined;
  const { callId, status, isBooked } = call;
  if (status === 'READY' || status === 'ASKED') return { kind: 'ask', failure, callId };
  if (!isBooked) return { kind: 'book', failure, callId };
  const returns = calls.filter(({ kind }) => kind === 'RETURN');
  const isRefused = call.kind === 'RETURN' && state === 'RETURNING' && returns.every((one) => one.status === 'REFUSED' && one.isBooked);
  return isRefused ? { kind: 'returnAgain', failure, seq: Math.max(...returns.map(({ seq }) => seq)) + 1 } : undefined;
}

function whatIsContradicted(state: RequestState): string {
  return `is ${state} with ${contradiction}: the bank says both of a call; find out from the bank what holds, then weir remittance resolve`;
}

function refusal(requestId: bigint, what: string): WeirError {
  return new WeirError('refused', `Remittance ${requestId} ${what}.`);
}
