import { Decision, type Answer } from '../../src/message/decision.ts';
import type { Envelope, Open } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';
import type { EffectOptions, Share } from '../effectOptions.ts';
import { Queue } from './queue.ts';
import { Shares, type Work } from './shares.ts';
import { verdict } from './verdict.ts';
import type { Waits } from './waits.ts';

/** What becomes of messages that do not start when their turn comes. */
export interface LineEnds<V, R> {
  /** Something that had to wait may start. */
  wake(): void;
  /** It ends without having started: put off, or dead by a mistake in the limit. */
  end(message: Open<V>, answer: Answer<R>): void;
  /** The run drains. */
  release(message: Open<V>): void;
}

/**
 * Messages that wait for a slot, in line, by the rate at which they may start and the share that their key may have. A total rate
 * that is used up holds the whole line; a key that is too fast, or has its share, holds its message without a slot, for at most
 * `holdMs` where it does not move, else that is put off. What was held goes first once its time has come. Memory: the messages.
 */
export class WaitingLine<V, R> {
  readonly #options: EffectOptions<V, R, R, R>;
  readonly #ends: LineEnds<V, R>;
  readonly #run: Run;
  readonly #waits: Waits;
  readonly #waiting = new Queue<Open<V>>();
  /** What has waited for its time already. */
  readonly #timely = new Queue<Work<V>>();
  readonly #shares: Shares<V> | undefined;
  /** The total rate is used up, and a wait for it is under way. */
  #isShut = false;

  constructor(options: EffectOptions<V, R, R, R>, ends: LineEnds<V, R>, run: Run, waits: Waits) {
    this.#options = options;
    this.#ends = ends;
    this.#run = run;
    this.#waits = waits;
    this.#shares = options.share && this.#sharesOf(options.share);
  }

  push(message: Open<V>): void {
    this.#waiting.push(message);
  }

  /** The next message that may start now, with a slot of its key where keys have shares. */
  next(): Work<V> | undefined {
    for (let work = this.#inTurn(); work !== undefined; work = this.#inTurn()) {
      if (this.#shares?.take(work, this.#waits) ?? true) return work;
    }
    return undefined;
  }

  /** A message that was let in comes back: it is first in line. */
  takeBack(message: Open<V>): void {
    this.#timely.push({ message, heldMs: 0 });
  }

  /** Gives back everything that waits for nothing but its turn. */
  releaseAll(): void {
    for (let work = this.#timely.shift(); work !== undefined; work = this.#timely.shift()) this.#ends.release(work.message);
    this.#releaseWaiting();
  }

  /** A call for a message that has started went wrong in a way that may pass, or that nobody can judge. */
  troubled(message: Open<V>): void {
    this.#shares?.troubled(message);
  }

  /** A call for a message that has started was answered. */
  answered(message: Open<V>): void {
    this.#shares?.answered(message);
  }

  /** A message that has started has ended. */
  leave(envelope: Envelope): void {
    this.#shares?.leave(envelope);
  }

  #sharesOf(share: Share<V>): Shares<V> {
    return new Shares(share, this.#options.holdMs, {
      resume: (work) => this.#timely.push(work),
      expire: (work) => this.#expire(work),
      release: ({ message }) => {
        this.#ends.release(message);
        this.#ends.wake();
      },
    });
  }

  #inTurn(): Work<V> | undefined {
    const timely = this.#timely.shift();
    if (timely !== undefined) return timely;
    while (!this.#waiting.isEmpty && this.#isRateOpen()) {
      const message = this.#waiting.shift();
      const work = message && this.#pace(message);
      if (work !== undefined) return work;
    }
    return undefined;
  }

  #isRateOpen(): boolean {
    const { limit } = this.#options;
    if (limit?.opensInMs === undefined) return true;
    if (this.#isShut) return false;
    const inMs = limit.opensInMs(this.#run.clock.elapsedMs());
    if (inMs <= 0) return true;
    this.#isShut = true;
    this.#waits.start(inMs, (isDrained) => {
      this.#isShut = false;
      if (isDrained) this.#releaseWaiting();
      this.#ends.wake();
    });
    return false;
  }

  #releaseWaiting(): void {
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) this.#ends.release(message);
  }

  /** Asks the rate for one message: it may start, or is held, or put off. */
  #pace(message: Open<V>): Work<V> | undefined {
    const { limit, holdMs } = this.#options;
    if (limit === undefined) return { message, heldMs: 0 };
    const delayMs = verdict(() => limit.reserve(message.value, this.#run.clock.elapsedMs(), holdMs));
    if (Decision.is(delayMs)) this.#ends.end(message, delayMs);
    else if (delayMs <= 0) return { message, heldMs: 0 };
    else if (delayMs <= holdMs) this.#hold(message, delayMs);
    else this.#putOff(message, delayMs);
    return undefined;
  }

  /** Its key does not move: put off until whatever holds the slots of its key has ended, unless nothing moves for lack of the other side. */
  #expire(work: Work<V>): void {
    if (this.#options.gate?.isOpen() === false) this.#timely.push(work);
    else this.#putOff(work.message, this.#options.timeLimitMs);
  }

  #putOff(message: Open<V>, delayMs: number): void {
    const { later } = this.#options;
    if (later === undefined) return;
    const until = new Date(this.#run.clock.now().getTime() + delayMs);
    this.#ends.end(
      message,
      verdict(() => later(message.value, until)),
    );
  }

  #hold(message: Open<V>, delayMs: number): void {
    this.#waits.start(delayMs, (isDrained) => {
      if (isDrained) this.#ends.release(message);
      else this.#timely.push({ message, heldMs: delayMs });
      this.#ends.wake();
    });
  }
}
