import type { OperatorFunction } from 'rxjs';
import type { Message } from '../src/message/message.ts';

/** One stage of a chain: open messages are worked on, decided ones pass by. */
export type Step<A, B> = OperatorFunction<Message<A>, Message<B>>;

/** When and how often a transient error is tried again, within the stage's `holdMs`. */
export interface Retry {
  /** Tries after the first one. */
  readonly maxRetries: number;
  /** Longest wait before the first retry; it doubles with each, and each wait is a random part of it (full jitter). */
  readonly firstDelayMs: number;
  /** Cap of a single wait. */
  readonly maxDelayMs: number;
}

/** For how long a call is made again that may be made twice, when its error may pass or nobody can judge it. */
export interface Repeat {
  /** Longest wait before the second call; it doubles with each, and each wait is a random part of it (full jitter). */
  readonly firstDelayMs: number;
  /** Cap of a single wait. */
  readonly maxDelayMs: number;
  /** Elapsed time since the first call after which none begins, in milliseconds; then the error is passed on. */
  readonly forMs: number;
}

const stageNames = new WeakMap<object, string>();

/** Marks an operator as the stage `name`, so that the pipeline's definition can name its stages. */
export function asStage<A, B>(name: string, operator: Step<A, B>): Step<A, B> {
  stageNames.set(operator, name);
  return operator;
}

/** The stage that an operator is, if it is one. */
export function stageOf(operator: object): string | undefined {
  return stageNames.get(operator);
}
