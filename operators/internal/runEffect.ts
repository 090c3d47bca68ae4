import { Observable, type Subscriber } from 'rxjs';
import { kindOf, textOf, WeirError } from '../../src/errors.ts';
import { backOffMs } from '../../src/message/backOff.ts';
import { dead, type Answer } from '../../src/message/decision.ts';
import type { Envelope } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';
import type { Effect, EffectOptions } from '../effectOptions.ts';
import type { Entry } from '../gate.ts';
import { callWithin } from './callWithin.ts';
import { verdict } from './verdict.ts';
import type { Waits } from './waits.ts';

/** The message is given back unfinished. */
export const released = Symbol('released');

/** The gate was closed behind the message, which nobody claimed: it waits before it again. */
export const turnedBack = Symbol('turnedBack');

/** What became of a message: an answer, or nothing. */
export type EffectEnd<R> = Answer<R> | typeof released | typeof turnedBack;

/** What a stage's effects have in common. */
export interface EffectPlan<V, R> {
  readonly stage: string;
  readonly effect: Effect<V, R>;
  readonly options: EffectOptions<V, R, R, R>;
}

/** One effect to be run. */
export interface EffectCase<V> {
  readonly value: V;
  readonly envelope: Envelope;
  readonly run: Run;
  readonly waits: Waits;
  /** How long the message was held back already. */
  readonly heldMs: number;
  readonly entry: Entry;
  /** Told of each call that went wrong in a way that may pass, or that nobody can judge. */
  readonly troubled: () => void;
  /** Told when a call was answered. */
  readonly answered: () => void;
}

/**
 * Runs one effect to its end and emits what became of it; never errors. Each call is under the time limit. A transient error
 * (and an unknown one, where the options say so) is tried again with back-off, as long as all its waits fit into `holdMs`; what
 * remains is judged by the options. Unsubscribing ends a wait, or aborts the call's signal.
 *
 * No call begins once the gate is closed behind the message: what was claimed then ends as `later`, the rest is turned back.
 *
 * When the run drains, a wait ends at once: as `later` for a message that was claimed, since its row would stay claimed by
 * nobody, else as released.
 */
export function runEffect<V, R>(plan: EffectPlan<V, R>, effectCase: EffectCase<V>): Observable<EffectEnd<R>> {
  return new Observable((subscriber) => {
    new Tries(plan, effectCase, subscriber).next();
  });
}

class Tries<V, R> {
  readonly #plan: EffectPlan<V, R>;
  readonly #case: EffectCase<V>;
  readonly #subscriber: Subscriber<EffectEnd<R>>;
  #count = 0;
  #heldMs: number;

  constructor(plan: EffectPlan<V, R>, effectCase: EffectCase<V>, subscriber: Subscriber<EffectEnd<R>>) {
    this.#plan = plan;
    this.#case = effectCase;
    this.#subscriber = subscriber;
    this.#heldMs = effectCase.heldMs;
  }

  next(): void {
    const { effect, options, stage } = this.#plan;
    const { entry, envelope, value, run } = this.#case;
    if (!entry.mayCall()) {
      this.#turnBack();
      return;
    }
    this.#count++;
    const traced: typeof effect = (given, signal) => run.within(stage, [{ envelope }], () => effect(given, signal));
    const call = callWithin(options.timeLimitMs, run, value, traced).subscribe({
      next: (answer) => {
        this.#case.answered();
        entry.answered();
        this.#end(answer);
      },
      error: (error: unknown) => this.#failed(error),
    });
    this.#subscriber.add(call);
  }

  #end(end: EffectEnd<R>): void {
    this.#subscriber.next(end);
    this.#subscriber.complete();
  }

  #failed(error: unknown): void {
    const { refused, unknown } = this.#plan.options;
    const { entry, value } = this.#case;
    const kind = kindOf(error);
    if (kind === 'transient' || kind === 'unknown') this.#case.troubled();
    entry.failed(error);
    if (kind === 'permanent' && refused !== undefined) this.#end(verdict(() => refused(value, error)));
    else if (kind === 'unknown' && unknown !== 'retry') this.#end(verdict(() => unknown(value, error)));
    else if (kind === 'permanent' || kind === 'defect') this.#end(dead(error));
    else if (!entry.mayCall()) this.#turnBack();
    else this.#again(error);
  }

  #turnBack(): void {
    const { claim, retry } = this.#plan.options;
    if (claim === undefined) this.#end(turnedBack);
    else this.#putOff(retry.maxDelayMs);
  }

  #again(error: unknown): void {
    const { stage, options } = this.#plan;
    const { run, waits } = this.#case;
    const { firstDelayMs, maxDelayMs, maxRetries } = options.retry;
    const askedMs = error instanceof WeirError ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(askedMs, backOffMs({ firstMs: firstDelayMs, maxMs: maxDelayMs }, this.#count, run.clock));
    if (this.#count > maxRetries || this.#heldMs + delayMs > options.holdMs) {
      this.#giveUp(error, delayMs);
      return;
    }
    this.#heldMs += delayMs;
    const cancel = waits.start(delayMs, (isDrained) => {
      if (isDrained) {
        this.#drained(error, delayMs);
        return;
      }
      if (this.#case.entry.mayCall()) run.retried(stage);
      this.next();
    });
    this.#subscriber.add(cancel);
  }

  #giveUp(error: unknown, delayMs: number): void {
    if (this.#putOff(delayMs)) return;
    this.#end(dead(new WeirError('exhausted', `Given up after ${this.#count} tries: ${textOf(error)}`, { cause: error })));
  }

  /** Ends it as `later`, where there is such a verdict. */
  #putOff(delayMs: number): boolean {
    const { later } = this.#plan.options;
    const { value, run } = this.#case;
    if (later === undefined) return false;
    this.#end(verdict(() => later(value, new Date(run.clock.now().getTime() + delayMs))));
    return true;
  }

  #drained(error: unknown, delayMs: number): void {
    const { claim, later } = this.#plan.options;
    if (claim !== undefined && later !== undefined) this.#giveUp(error, delayMs);
    else this.#end(released);
  }
}
