import { WeirError } from '../../src/errors.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import { contradiction } from './contradictionStore.ts';
import type { FailingStep } from './failureStore.ts';
import type { TransferKind } from './ledger.ts';
import { endedStates, type RequestState } from './requestState.ts';
import { stateRecords } from './stateRecords.ts';

/** A remittance as an operator meets it, with its records, calls and failures. */
export interface OperatedRequest {
  readonly requestId: bigint;
  readonly state: RequestState;
  readonly amountMinor: bigint;
  /** What the ledger has of it. */
  readonly records: readonly OperatedRecord[];
  readonly calls: readonly OperatedCall[];
  /** Those that have no end. */
  readonly failures: readonly OperatedFailure[];
}

export interface OperatedRecord {
  readonly kind: TransferKind;
  readonly amountMinor: bigint;
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
 * | its records in the ledger are not those of its state | nothing: refused, whatever else stands |
 */
export function decideRetries(request: OperatedRequest): readonly Retry[] {
  const why = hindranceToRetry(request);
  if (why !== undefined) throw new WeirError('refused', `Remittance ${request.requestId} ${why}.`);
  return retriesOf(request);
}

/** Why nothing of a remittance would be tried again, as what follows its number in a sentence; undefined where something would be. */
export function hindranceToRetry(request: OperatedRequest): string | undefined {
  const { state, failures } = request;
  if (failures.some(({ code }) => code === contradiction)) return whatIsContradicted(state);
  const ended: readonly RequestState[] = endedStates;
  if (ended.includes(state)) return `has its end: it is ${state}`;
  if (failures.length === 0) return `is ${state}, and nothing has failed of it: it goes on by itself`;
  const flaw = flawOfRecords(request);
  if (flaw !== undefined) return `is ${state}, and its records are ${flaw}: tried again, money would move that the ledger does not have`;
  if (retriesOf(request).length > 0) return undefined;
  const codes = [...new Set(failures.map(({ code }) => code))].join(', ');
  return `is ${state} with ${codes}, which trying again does not mend: find out from the bank what holds`;
}

/** How the ledger stands to a request, where that is not as its state says. */
function flawOfRecords({ state, amountMinor, records }: OperatedRequest): string | undefined {
  const kinds = records
    .map(({ kind }) => kind)
    .toSorted()
    .join(' ');
  if (!stateRecords[state].includes(kinds)) return kinds === '' ? 'none' : kinds;
  return records.every((record) => record.amountMinor === amountMinor) ? undefined : 'of another amount';
}

function retriesOf(request: OperatedRequest): readonly Retry[] {
  return request.failures.flatMap((failure) => retryOf(request, failure) ?? []);
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
