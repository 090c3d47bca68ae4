import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { aim, type Faults } from './faults.ts';
import { problem, type HttpAnswer } from './httpAnswer.ts';

/** When a fault strikes: before a request is carried out (it never is), or after it was (only its answer is lost or late). */
export type HttpPhase = 'before' | 'after';

/** What happens instead of the usual answer. */
export type HttpFault =
  | { readonly kind: 'reply'; readonly status: number; readonly retryAfterS?: number | undefined }
  | { readonly kind: 'delay'; readonly delayMs: number } // what is usual, later
  | { readonly kind: 'cut' } // the connection is closed without an answer
  | { readonly kind: 'silence' } // no answer, ever
  | { readonly kind: 'malformed' } // a success, in a form that nobody knows
  | { readonly kind: 'detour'; readonly arrivesAfterMs: number }; // before only: cut, and carried out all the same, so much later

/** The faults of a server over HTTP. */
export type HttpFaults = Faults<HttpPhase, HttpFault>;

/** A fault as it comes over HTTP. */
export const httpFaultRule = z.strictObject({
  phase: z.enum(['before', 'after']),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('reply'), status: z.int().min(400).max(599), retryAfterS: z.int().min(0).optional() }),
    z.strictObject({ kind: z.literal('delay'), delayMs: z.int().min(0) }),
    z.strictObject({ kind: z.enum(['cut', 'silence', 'malformed']) }),
    z.strictObject({ kind: z.literal('detour'), arrivesAfterMs: z.int().min(0) }),
  ]),
  /** Part of method and path, such as `POST /refunds`. */
  on: z.string().optional(),
  ...aim,
});

/** One request of a client, understood and not carried out yet. */
export interface Call {
  /** Whom faults are aimed at: the same in every request about the same thing. */
  readonly about: string;
  perform(): HttpAnswer;
}

/** Where a call is carried out. */
interface Place {
  readonly faults: HttpFaults;
  /** Method and path. */
  readonly asked: string;
  readonly response: ServerResponse;
  /** Ends what waits. */
  readonly signal: AbortSignal;
}

/** Carries a call out, unless a fault that strikes before keeps it from that; undefined where nobody is answered. */
export async function carryOut(call: Call, place: Place): Promise<HttpAnswer | undefined> {
  const { faults, asked, signal } = place;
  const before = faults.at('before', [call.about], asked);
  if (before?.kind === 'detour') void pause(before.arrivesAfterMs, signal).then((isOver) => isOver && call.perform());
  const instead = await strike(before, place);
  if (instead !== 'goOn') return instead;
  const answer = call.perform();
  const after = await strike(faults.at('after', [call.about], asked), place);
  return after === 'goOn' ? answer : after;
}

async function strike(fault: HttpFault | undefined, { response, signal }: Place): Promise<HttpAnswer | undefined | 'goOn'> {
  switch (fault?.kind) {
    case undefined:
      return 'goOn';
    case 'reply': {
      const headers = fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) };
      return { ...problem(fault.status, 'a fault that was dialled in'), headers };
    }
    case 'delay':
      await pause(fault.delayMs, signal);
      return 'goOn';
    case 'cut':
    case 'detour':
      response.destroy();
      return undefined;
    case 'silence':
      return undefined;
    case 'malformed':
      return { status: 200, type: 'text/html', body: '<html>all is well</html>' };
  }
}

/** Waits; answers whether the time is over, false where the signal cut it. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (delayMs > 0) await delay(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
  return !signal.aborted;
}
