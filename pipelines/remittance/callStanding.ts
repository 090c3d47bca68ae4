import type { CallNews } from './askedCall.ts';
import type { CallKind, CallStatus } from './bankCall.ts';

/** A call as it stands under its lock. */
export interface CallStanding {
  readonly callId: bigint;
  readonly requestId: bigint;
  readonly kind: CallKind;
  readonly status: CallStatus;
  readonly reason: string | undefined;
  readonly tries: number;
  readonly asks: number;
  readonly nextAskAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly bookedAt: Date | undefined;
}

/** What news did to a call. */
export type CallChange =
  | { readonly kind: 'ended' | 'waits' | 'failing'; readonly call: CallStanding }
  /** The bank has said the opposite before, and was believed then. */
  | { readonly kind: 'contradicted'; readonly call: CallStanding }
  | { readonly kind: 'unchanged'; readonly call: CallStanding };

/**
 * Decides what news changes.
 *
 * | call | news | next | |
 * |-|-|-|-|
 * | READY, ASKED | done | DONE | the ledger learns of it |
 * | READY, ASKED | refused | REFUSED | the ledger learns of it; booked at once where nothing was moved: MOVE_IN |
 * | READY, ASKED | accepted, later | ASKED | asked again at its time |
 * | READY, ASKED | failing | ASKED | asked again when its failure says so |
 * | DONE | refused | unchanged | a person; until then nothing further is done for its request |
 * | REFUSED | done | unchanged | the same |
 * | DONE, REFUSED | anything else | unchanged | |
 *
 * Where the bank has said both, a person says which is true (`resolution.ts`); that alone makes one of the two of the other.
 */
export function changeOf(call: CallStanding, news: CallNews, at: Date): CallChange {
  if (call.status === 'DONE' || call.status === 'REFUSED') return { kind: contradicts(call, news) ? 'contradicted' : 'unchanged', call };
  switch (news.kind) {
    case 'done':
      return { kind: 'ended', call: { ...call, status: 'DONE', nextAskAt: undefined, endedAt: at } };
    case 'refused': {
      const bookedAt = call.kind === 'MOVE_IN' ? at : undefined;
      return {
        kind: 'ended',
        call: { ...call, status: 'REFUSED', reason: news.reason, nextAskAt: undefined, endedAt: at, bookedAt },
      };
    }
    case 'accepted':
      return { kind: 'waits', call: { ...call, status: 'ASKED', tries: 0, asks: news.asks, nextAskAt: news.until } };
    case 'later':
      return { kind: 'waits', call: { ...call, status: 'ASKED', tries: news.tries, nextAskAt: news.until } };
    case 'failing':
      return { kind: 'failing', call: { ...call, status: 'ASKED', tries: news.tries, nextAskAt: undefined } };
  }
}

function contradicts({ status }: CallStanding, { kind }: CallNews): boolean {
  return (status === 'DONE' && kind === 'refused') || (status === 'REFUSED' && kind === 'done');
}
