import type { ObservableInput } from 'rxjs';
import type { Answer } from '../src/message/decision.ts';
import type { Backlog } from './backlog.ts';
import type { Gate } from './gate.ts';
import type { Repeat, Retry } from './step.ts';

/** How often messages may start: a rate per key, in total, or both. `rateLimit` makes one. */
export interface Limit<V> {
  /**
   * Asked once for a message, with a slot free for it. Answers in how many milliseconds it may start, and counts it; an answer
   * above `maxDelayMs` counts no start, since the message is put off until then.
   */
  reserve(value: V, nowMs: number, maxDelayMs: number): number;
  /**
   * In how many milliseconds any message at all may start; 0 for now. Until then messages wait in line, so the window fills and
   * the source reads no more: a limit that meets everyone alike puts nobody off.
   */
  opensInMs?(nowMs: number): number;
}

/** Slots that one key may hold at once, so that a slow one (a destination, a merchant) does not hold the others. */
export interface Share<V> {
  readonly keyOf: (value: V) => string;
  /** From 1. Small: a large key is slow; large: a key that hangs leaves little to the others. */
  readonly concurrency: number;
}

/**
 * How a stage treats its effects. `V` is the value of a message, `U`, `W` and `L` are the verdicts for what is refused, unknown
 * and put off.
 */
export interface EffectOptions<V, U = never, W = never, L = never> {
  /** Effects at once, from 1. Small: slow; large: more than the other side accepts, and more that is unknown after a crash. */
  readonly concurrency: number;
  /** Elapsed time of one call, in milliseconds; then its signal is aborted and its end is `unknown` with code `timedOut`. */
  readonly timeLimitMs: number;
  readonly retry: Retry;
  /** How long a message may be held back outside its calls (by the rate, between retries), in milliseconds, all told. */
  readonly holdMs: number;
  /**
   * Takes messages for this process just before their effects, as many in one statement as there are free slots, with one call
   * outstanding. Answers one for each in the same order: the value, perhaps enriched, or a decision. An error that may pass
   * errors the chain, once `repeatClaim` is over; a permanent one or a defect is narrowed down to its message.
   */
  readonly claim?: (values: readonly V[]) => ObservableInput<readonly Answer<V>[]>;
  /**
   * How long free slots wait for others before a claim, while fewer than half are free, in milliseconds of elapsed time: so that one
   * statement claims many. Default 0: claims for whatever is free.
   */
  readonly claimWaitMs?: number;
  /**
   * Asks a claim again when its error may pass or nobody can judge it, with the same values (the same objects), so that it can
   * know what it has claimed already. Effects that are under way and those that wait to be recorded are not disturbed meanwhile.
   */
  readonly repeatClaim?: Repeat;
  /** No effect begins while it is full: shared with the `mapChunk` that records how effects ended. Absent: the window bounds that. */
  readonly backlog?: Backlog;
  /**
   * No effect begins while it is closed: messages wait before it however long, whatever `holdMs` says. What was let in and fails
   * in a way that may pass goes back in line once it is closed; with `claim` it ends as `later`, which is needed then.
   */
  readonly gate?: Gate;
  /** Needs `later`, for what it would hold too long. Retries do not ask it again. */
  readonly limit?: Limit<V>;
  /** Needs `later`, for what waits for a key that does not move. Without it one key may hold every slot. */
  readonly share?: Share<V>;
  /** The verdict about a permanent error. Without it the message is put aside. */
  readonly refused?: (value: V, error: unknown) => U;
  /**
   * The verdict about what would be held too long: not before `until`, calendar time. Without it a message that stays transient
   * to the last try is put aside as `exhausted`, since nothing would bring it back.
   */
  readonly later?: (value: V, until: Date) => L;
  /** The verdict when nobody can tell whether the effect happened, or `retry` for effects that may happen twice. */
  readonly unknown: 'retry' | ((value: V, error: unknown) => W);
}

/** One effect on the outside world. Its first value is the answer; `signal` is aborted when nobody waits for it any more. */
export type Effect<V, R> = (value: V, signal: AbortSignal) => ObservableInput<Answer<R>>;
