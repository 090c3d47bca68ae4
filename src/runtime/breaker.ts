import { CircuitState, ConsecutiveBreaker, CountBreaker, type IBreaker } from 'cockatiel';
import type { Entry, Gate } from '../../operators/gate.ts';
import { codeOf, isAnswer, kindOf, textOf } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { backOffMs, type BackOff } from '../message/backOff.ts';
import type { Clock } from '../message/clock.ts';

/**
 * States of a breaker.
 *
 * | from | event | to |
 * |-|-|-|
 * | open | failures in a row, or their share of the last calls, reach their limit | shut |
 * | shut | its timer, and the probe says no | shut, with a longer timer |
 * | shut | its timer, and the probe says yes or there is none | trying |
 * | trying | nobody waits before it, and a probe said yes | open |
 * | trying | the one call that is let in was answered | open |
 * | trying | the one call that is let in failed | shut, with a longer timer |
 *
 * `open` is said of the gate: calls pass. (Of an electric circuit one says it the other way round.)
 */
export type BreakerState = 'open' | 'trying' | 'shut';

/** When a breaker shuts, and how it finds out that it may open. */
export interface BreakerLimits {
  /** Calls that fail one after the other until it shuts, from 1. */
  readonly failuresInARow: number;
  /** The share of the last `calls` calls that may fail, between 0 and 1; more of them shut it. */
  readonly failureShare: number;
  /** Calls that the share is reckoned over; before there were as many it says nothing. */
  readonly calls: number;
  /** Between tries to open it. */
  readonly probing: BackOff;
}

export interface BreakerSpec extends BreakerLimits {
  /** What is behind it: `smtp`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Asks whether the system is there, without an effect; within its own limit. Absent: only a call can tell. */
  readonly probe?: () => Promise<boolean>;
}

/** A gate that shuts while the system behind it is away, and opens by itself. */
export interface Breaker extends Gate {
  state(): BreakerState;
  /** The elapsed time, in milliseconds, at which it shut; undefined while it is open. */
  awaySinceMs(): number | undefined;
  /** Ends its timer: it changes no more. */
  stop(): void;
}

/**
 * Makes the breaker of one outside system. What counts as failure is what tells that the system is away: `unavailable`, and calls
 * whose end nobody knows. A refusal or a request to slow down by the system itself (`isAnswer`) is a sign of life like any answer; an
 * error of our own, found before it was asked, tells nothing.
 *
 * It probes by a timer of its own and never waits for calls to come by. The probe is asked first, since it costs no message its
 * try; then one waiting message goes ahead of the others. cockatiel judges when failures are too many; its policy is not used,
 * since it reads the machine's clock, refuses calls instead of holding them, and tries again only when somebody calls.
 */
export function breaker(spec: BreakerSpec): Breaker {
  return new LiveBreaker(spec);
}

class LiveBreaker implements Breaker {
  readonly name: string;
  readonly #spec: BreakerSpec;
  readonly #wakes = new Set<() => void>();
  #judges: readonly IBreaker[];
  #state: BreakerState = 'open';
  #shutAtMs = 0;
  #tries = 0;
  /** The one call that is let in while it tries. */
  #trial: Entry | undefined;
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;

  constructor(spec: BreakerSpec) {
    this.name = spec.name;
    this.#spec = spec;
    this.#judges = judgesOf(spec);
  }

  state(): BreakerState {
    return this.#state;
  }

  awaySinceMs(): number | undefined {
    return this.#state === 'open' ? undefined : this.#shutAtMs;
  }

  isOpen(): boolean {
    return this.#state === 'open' || (this.#state === 'trying' && this.#trial === undefined);
  }

  enter(): Entry {
    const entry: Entry = {
      mayCall: () => this.#state === 'open' || this.#trial === entry,
      answered: () => this.#answered(entry),
      failed: (error) => this.#failed(entry, error),
      leave: () => this.#left(entry),
    };
    if (this.#state === 'trying') this.#trial = entry;
    return entry;
  }

  onOpen(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
  }

  #answered(entry: Entry): void {
    if (this.#trial === entry) this.#open();
    else if (this.#state === 'open') for (const judge of this.#judges) judge.success(CircuitState.Closed);
  }

  #failed(entry: Entry, error: unknown): void {
    if (isAnswer(error)) this.#answered(entry);
    else if (!tellsOfAbsence(error)) return;
    else if (this.#trial === entry) this.#shut();
    else if (this.#state === 'open' && this.#isTooMuch()) this.#shut(error);
  }

  /** The one that was let in ended without telling anything: the next one may. */
  #left(entry: Entry): void {
    if (this.#trial !== entry) return;
    this.#trial = undefined;
    this.#wake();
  }

  /** Each judge is told of every failure. */
  #isTooMuch(): boolean {
    return this.#judges.map((judge) => judge.failure(CircuitState.Closed)).some(Boolean);
  }

  #shut(error?: unknown): void {
    const { clock, log, probing } = this.#spec;
    if (this.#state === 'open') {
      this.#shutAtMs = clock.elapsedMs();
      this.#tries = 0;
      const fields = { dependency: this.name, code: codeOf(error), error: textOf(error) };
      log.warn('breaker shut: what needs this waits until it is back', fields);
    }
    this.#state = 'shut';
    this.#trial = undefined;
    this.#tries += 1;
    if (this.#isStopped) return;
    this.#cancelTimer = clock.after(Math.round(backOffMs(probing, this.#tries, clock)), () => void this.#try());
  }

  async #try(): Promise<void> {
    const { probe } = this.#spec;
    const isThere = probe === undefined || (await probe().catch(() => false));
    if (this.#isStopped) return;
    if (!isThere) {
      this.#shut();
      return;
    }
    this.#state = 'trying';
    this.#wake();
    // Read anew: whoever was woken may have entered, and told its end already.
    if (this.state() === 'trying' && this.#trial === undefined && probe !== undefined) this.#open();
  }

  #open(): void {
    const { clock, log } = this.#spec;
    this.#state = 'open';
    this.#trial = undefined;
    this.#judges = judgesOf(this.#spec);
    log.info('breaker open again', { dependency: this.name, awayMs: Math.round(clock.elapsedMs() - this.#shutAtMs) });
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) if (this.isOpen()) wake();
  }
}

function judgesOf({ failuresInARow, failureShare, calls }: BreakerLimits): readonly IBreaker[] {
  return [new ConsecutiveBreaker(failuresInARow), new CountBreaker({ threshold: failureShare, size: calls })];
}

/** Whether an error tells that nobody is there, or may be. A time limit and a lost answer do; a call that we cut ourselves does not. */
function tellsOfAbsence(error: unknown): boolean {
  return codeOf(error) === 'unavailable' || kindOf(error) === 'unknown';
}
