import { AsyncLocalStorage } from 'node:async_hooks';
import type { Trace } from './trace.ts';

/** What is being worked on: one or more messages, or a request. What is published meanwhile follows from it. */
export interface Cause {
  /**
   * The trace of the message with this key, the last where there are several; where one thing alone is worked on, its trace, whatever the
   * key. Undefined where that cannot be told, or there is none.
   */
  traceOf(key?: string): Trace | undefined;
}

const current = new AsyncLocalStorage<Cause>();

/**
 * Calls `work` with a cause, which is the current one in it and in whatever it awaits; what an observable does when it is subscribed to
 * later is outside, unless `surround` is between. Connections that are opened meanwhile keep the cause for as long as they live: it holds
 * nothing large.
 */
export function causedBy<R>(cause: Cause, work: () => R): R {
  return current.run(cause, work);
}

/** What is being worked on here; undefined outside of messages and requests. */
export function currentCause(): Cause | undefined {
  return current.getStore();
}
