import type { CallKind, CallStatus } from './bankCall.ts';
import type { RequestState } from './requestState.ts';

/*
 * People are told of a request that takes too long, once. What stands about that:
 *
 * | from | event | to |
 * |-|-|-|
 * | no row | it is late, and a run claims it, alone or with the others | SENDING, under a token and a lease |
 * | SENDING | the chat took the message | SENT |
 * | SENDING | the chat will never take it, or it cannot be made | FAILED |
 * | SENDING | the chat says not now, or is not reached | no row |
 * | SENDING | nobody can tell whether it was posted | PARKED |
 * | SENDING | the lease ran out | PARKED |
 * | PARKED | whoever had claimed it tells after all | what it tells |
 */

/** A request that takes too long, as people are told of it: nothing of whose it is. */
export interface LateRequest {
  readonly requestId: bigint;
  readonly state: RequestState;
  readonly stateSince: Date;
  readonly requestedAt: Date;
  readonly amountMinor: bigint;
  readonly parkReason: string | undefined;
  /** What the bank said when it refused. */
  readonly failCode: string | undefined;
  /** The latest of what did not work and has not worked since. */
  readonly failure: LateFailure | undefined;
  /** The call of the bank that has not ended. */
  readonly call: { readonly kind: CallKind; readonly status: CallStatus; readonly asks: number; readonly tries: number } | undefined;
}

export interface LateFailure {
  readonly code: string;
  readonly error: string;
  readonly tries: number;
  readonly nextTryAt: Date | undefined;
}

/** So many requests that each by itself would bury the rest of the channel. */
export interface LateCrowd {
  readonly states: readonly { readonly state: RequestState; readonly count: number; readonly amountMinor: bigint }[];
  readonly oldestAt: Date;
}

/** What one message says. */
export type LateContent = { readonly kind: 'one'; readonly request: LateRequest } | { readonly kind: 'crowd'; readonly crowd: LateCrowd };

/** A message that is due. */
export interface DueNews {
  /** Undefined: it is about all that are late. */
  readonly requestId: bigint | undefined;
  /** Undefined until it is claimed. */
  readonly claimed: { readonly token: bigint; readonly content: LateContent } | undefined;
}
