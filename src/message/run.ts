import type { ObservableInput } from 'rxjs';
import type { Clock } from './clock.ts';
import type { Envelope, Message } from './message.ts';
import type { Wait } from './wait.ts';

/**
 * One incarnation of a pipeline between start and stop, carried by each of its messages: so operators need no import of the
 * runtime, and neither clocks nor dead letters appear in a chain.
 */
export interface Run {
  /** The name of the pipeline or job (`billing.deliver`); the label of its metrics. */
  readonly pipeline: string;
  readonly clock: Clock;
  /** Aborted when the run is cut (forced stop, restart): effects end as soon as they can, nothing new begins. */
  readonly signal: AbortSignal;
  /** Aborted when the run drains: nothing new is read, waits for a retry or a rate end as `released`, effects in flight finish. */
  readonly draining: AbortSignal;
  /** Tells that `count` messages took `seconds` together in a stage. */
  measure(stage: string, seconds: number, count: number): void;
  /** Tells that one message is tried again in a stage. */
  retried(stage: string): void;
  /** Tells that messages wait, until the returned function is called: the run is shown as waiting meanwhile, and does not stand. */
  waitsFor(wait: Wait): () => void;
  /**
   * Calls `work`, the function of a stage, for these messages: what it publishes, and asks of others, stands in their traces, also once its
   * answer is subscribed to. Each call of such a function goes through here, and its answer is subscribed to once.
   */
  within<R>(stage: string, messages: readonly Pick<Message<unknown>, 'envelope'>[], work: () => ObservableInput<R>): ObservableInput<R>;
  /** Makes the end of the run wait for an effect that may outlive its subscription. Its rejection is ignored here. */
  track(effect: PromiseLike<unknown>): void;
  /**
   * Puts a message aside with its reason. Completes (or emits) once the dead letter is durable; an error means that it is not,
   * and must fail the chain. The caller then answers the message `dead`.
   */
  deadLetter(envelope: Envelope, stage: string, error: unknown): ObservableInput<unknown>;
}
