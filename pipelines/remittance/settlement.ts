import type { CallKind, CallStatus } from './bankCall.ts';
import type { Transfer, TransferKind } from './ledger.ts';
import { ourAccounts } from './ourAccounts.ts';
import type { RequestState } from './requestState.ts';

/** A request as it stands under its lock. */
export interface SettleableRequest {
  readonly requestId: bigint;
  readonly state: RequestState;
  readonly fromAccountId: bigint;
  readonly toAccountId: bigint;
  readonly amountMinor: bigint;
  /** Whether its money has been put aside, since no bank would take it. */
  readonly isSuspended: boolean;
  /** Whether its bank has contradicted itself about any of its calls, and no person has said yet what is true. */
  readonly isContradicted: boolean;
}

/** A call of a request as it stands under its lock. */
export interface SettleableCall {
  readonly callId: bigint;
  readonly requestId: bigint;
  readonly kind: CallKind;
  readonly status: CallStatus;
  /** Of the bank, where it has refused. */
  readonly reason: string | null;
  readonly isBooked: boolean;
}

/** What the end of a call means for the ledger and its request. */
export type Settlement =
  /** The transfers, and the states that the request enters, in their order; with them what follows. */
  | {
      readonly kind: 'booked';
      readonly transfers: readonly Transfer[];
      readonly states: readonly RequestState[];
      readonly failCode: string | null;
    }
  /** The money is put aside, unless it is already, and a person has to find out whose it is. */
  | { readonly kind: 'parked'; readonly transfers: readonly Transfer[]; readonly code: string; readonly error: string }
  /** It is not booked before a person has said what is true; then it is published again. */
  | { readonly kind: 'held' }
  /** There is nothing to book, or not any more. */
  | { readonly kind: 'unchanged'; readonly why: string }
  /** It cannot be booked now; a person has to look when it stays so. */
  | { readonly kind: 'failed'; readonly code: string; readonly error: string };

/** What a call comes to whose account holds too little. */
export const insufficient: Settlement = { kind: 'failed', code: 'INSUFFICIENT', error: 'The account that it leaves holds too little.' };

/** The park reason of a request whose money its own bank does not take back. */
const returnRefused = 'RETURN_REFUSED';

/** Decides what the end of a call means, by the table of `requestState.ts`; each once, since the request leaves the state that it needs. */
export function decideSettlement(request: SettleableRequest, call: SettleableCall): Settlement {
  if (call.isBooked) return { kind: 'unchanged', why: 'was booked before' };
  if (call.status !== 'DONE' && call.status !== 'REFUSED') return { kind: 'unchanged', why: 'has not ended' };
  if (request.isContradicted) return { kind: 'held' };
  const { fromAccountId, toAccountId, state } = request;
  const { POOL, TRANSIT } = ourAccounts;
  switch (`${call.kind} ${call.status} ${state}` as const) {
    case 'MOVE_IN DONE DEPOSIT_PENDING':
      return booked([transferOf(request, 'MOVED_IN', fromAccountId, POOL)], ['DEPOSITED']);
    case 'MOVE_IN REFUSED DEPOSIT_PENDING':
      return booked([], ['FAILED'], call.reason);
    case 'PAY_OUT DONE WITHDRAWN':
      return booked([transferOf(request, 'PAID_OUT', TRANSIT, toAccountId)], ['COMPLETED']);
    case 'PAY_OUT REFUSED WITHDRAWN': {
      const thereAndBack = [transferOf(request, 'REVERSED', TRANSIT, POOL), transferOf(request, 'SENT_BACK', POOL, TRANSIT)];
      return booked(thereAndBack, ['REVERSED', 'RETURNING'], call.reason);
    }
    case 'RETURN DONE RETURNING':
      return booked([returned(request)], ['RETURNED']);
    case 'RETURN REFUSED RETURNING':
      return parked(request, call.reason);
    default:
      return unexpected(request, call);
  }
}

function booked(transfers: readonly Transfer[], states: readonly RequestState[], failCode: string | null = null): Settlement {
  return { kind: 'booked', transfers, states, failCode };
}

function returned(request: SettleableRequest): Transfer {
  const { fromAccountId, isSuspended } = request;
  if (isSuspended) return transferOf(request, 'RELEASED', ourAccounts.SUSPENSE, fromAccountId);
  return transferOf(request, 'RETURNED', ourAccounts.TRANSIT, fromAccountId);
}

function parked(request: SettleableRequest, reason: string | null): Settlement {
  const suspended = request.isSuspended ? [] : [transferOf(request, 'SUSPENDED', ourAccounts.TRANSIT, ourAccounts.SUSPENSE)];
  return {
    kind: 'parked',
    transfers: suspended,
    code: returnRefused,
    error: `The bank does not take the money back: ${reason ?? 'no reason'}.`,
  };
}

function unexpected({ state }: SettleableRequest, { kind, status }: SettleableCall): Settlement {
  return { kind: 'failed', code: 'UNEXPECTED_STATE', error: `The bank ended ${kind} as ${status} while the request is ${state}.` };
}

function transferOf(
  { requestId, amountMinor }: SettleableRequest,
  kind: TransferKind,
  debitAccountId: bigint,
  creditAccountId: bigint,
): Transfer {
  return { requestId, kind, debitAccountId, creditAccountId, amountMinor };
}
