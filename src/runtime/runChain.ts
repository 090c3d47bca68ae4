import type { Observable, ObservableInput, Subscription } from 'rxjs';
import type { Source } from '../connectors/source.ts';
import { framesField, WeirError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { deadLetterOf } from '../message/deadLetter.ts';
import type { Envelope, Message } from '../message/message.ts';
import type { Run } from '../message/run.ts';
import { waitText, type Wait } from '../message/wait.ts';
import type { MessageSpans } from '../tracing/messageSpans.ts';
import { DefectRow } from './defectRow.ts';
import { Ledger, type Counts } from './ledger.ts';
import { MessageTraces } from './messageTraces.ts';
import { openMessages } from './openMessages.ts';
import { Receipt } from './receipt.ts';
import type { Span } from './span.ts';
import { Window, type WindowLimits } from './window.ts';
import { writeAgain } from './writeAgain.ts';

/** Where a run tells what its counts do not show; the registry of metrics implements it. */
export interface RunMeter {
  stage(stage: string, seconds: number, count: number): void;
  retried(stage: string): void;
  deadLettered(stage: string, code: string): void;
}

/** Everything that one incarnation of a chain needs. */
export interface ChainSpec<V> {
  readonly name: string;
  readonly source: Source<V>;
  readonly chain: (message$: Observable<Message<V>>) => Observable<Message<unknown>>;
  readonly clock: Clock;
  readonly meter: RunMeter;
  readonly log: Logger;
  readonly limits: WindowLimits;
  /** How long effects may take to end after the run was cut, in milliseconds. */
  readonly stopTimeoutMs: number;
  /** Made where the spans of messages are recorded; absent: there are none. */
  readonly spans?: () => MessageSpans | undefined;
}

/**
 * How a run ended. `completed`: the source completed and everything is settled. `cut`: aborted from outside. `failed`: with its
 * error. `isQuiet` is false when effects outlived the stop timeout: then only the end of the process stops them.
 */
export type RunEnd = { readonly isQuiet: boolean } & (
  { readonly how: 'completed' | 'cut' } | { readonly how: 'failed'; readonly error: unknown }
);

/** A running chain. */
export interface ChainRun {
  /** Resolves, never rejects, once chain and effects have ended and every message is settled or released. */
  readonly ended: Promise<RunEnd>;
  counts(): Counts;
  /** The spans of all partitions that were read; the watermark of one that holds messages may stand. */
  spans(): readonly Span[];
  /** Why messages wait, each once. */
  waits(): readonly Wait[];
  /** How long work has been in flight without any of it ending, in milliseconds of elapsed time; 0 when nothing is, or when it waits. */
  standingMs(): number;
  /** Reads no more, finishes what was read, flushes chunks. */
  drain(): void;
  /** Grants no room until resumed; the chain stays subscribed. */
  pause(): void;
  resume(): void;
  /** Cuts: aborts effects, releases the rest. */
  cut(): void;
}

/** Defects that follow one another until the chain itself is taken for broken. */
const defectsInARow = 10;

/**
 * Runs a chain: room → source → chain → settle. What leaves the bottom is settled with its outcome, `done` if it is open, in
 * chunks of whatever left while the last chunk was settled. A message that leaves twice, or never although the chain completed,
 * is a defect of the chain. Memory: `limits.window` messages, and `limits.maxSpan` receipts for each partition.
 */
export function runChain<V>(spec: ChainSpec<V>): ChainRun {
  const run = new LiveRun(spec);
  run.start();
  return run;
}

class LiveRun<V> implements ChainRun, Run {
  readonly pipeline: string;
  readonly clock: Clock;
  readonly ended: Promise<RunEnd>;
  readonly #spec: ChainSpec<V>;
  readonly #window: Window;
  readonly #ledger: Ledger;
  readonly #defects = new DefectRow(defectsInARow);
  readonly #cutting = new AbortController();
  readonly #drained = new AbortController();
  readonly #effects = new Set<PromiseLike<unknown>>();
  readonly #waits = new Set<Wait>();
  readonly #end: (end: RunEnd) => void;
  readonly #traces: MessageTraces;
  #subscription: Subscription | undefined;
  #settling: Promise<void> | undefined;
  #isFlushQueued = false;
  #hasEnded = false;
  #isOver = false;

  constructor(spec: ChainSpec<V>) {
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.pipeline = spec.name;
    this.clock = spec.clock;
    this.ended = promise;
    this.#end = resolve;
    this.#spec = spec;
    this.#traces = new MessageTraces(spec.name, spec.log, spec.spans?.());
    this.#window = new Window(spec.limits);
    this.#ledger = new Ledger(this.#window, spec.clock);
  }

  get signal(): AbortSignal {
    return this.#cutting.signal;
  }

  get draining(): AbortSignal {
    return this.#drained.signal;
  }

  start(): void {
    try {
      const top$ = openMessages(this.#spec.source.messages(this, this.#window), {
        receive: (delivery) => this.#traces.begin(this.#ledger.receive(delivery, this)),
        putAside: (receipt, error) => this.deadLetter(receipt, 'read', error),
      });
      this.#subscription = this.#spec.chain(top$).subscribe({
        next: (message) => {
          try {
            this.#leave(message);
          } catch (error) {
            // What is not a message came out: left to RxJS, the error would end the process.
            void this.#finish({ how: 'failed', error });
          }
        },
        error: (error: unknown) => void this.#finish({ how: 'failed', error }),
        complete: () => void this.#complete(),
      });
    } catch (error) {
      void this.#finish({ how: 'failed', error });
    }
    if (this.#hasEnded) this.#subscription?.unsubscribe();
  }

  counts(): Counts {
    return this.#ledger.counts();
  }

  spans(): readonly Span[] {
    return this.#ledger.spans();
  }

  waits(): readonly Wait[] {
    return [...new Map([...this.#waits].map((wait) => [waitText(wait), wait])).values()];
  }

  standingMs(): number {
    return this.#waits.size > 0 ? 0 : this.#ledger.standingMs();
  }

  drain(): void {
    this.#drained.abort(new WeirError('cancelled', `${this.pipeline} drains`));
  }

  pause(): void {
    this.#window.pause();
  }

  resume(): void {
    this.#window.resume();
  }

  cut(): void {
    void this.#finish({ how: 'cut' });
  }

  measure(stage: string, seconds: number, count: number): void {
    this.#spec.meter.stage(stage, seconds, count);
  }

  retried(stage: string): void {
    this.#spec.meter.retried(stage);
  }

  waitsFor(wait: Wait): () => void {
    const one = { ...wait };
    this.#waits.add(one);
    return () => {
      if (this.#waits.delete(one)) this.#ledger.beginAnew();
    };
  }

  within<R>(stage: string, messages: readonly Pick<Message<unknown>, 'envelope'>[], work: () => ObservableInput<R>): ObservableInput<R> {
    return this.#traces.within(stage, messages, work);
  }

  track(effect: PromiseLike<unknown>): void {
    this.#effects.add(effect);
    const forget = (): void => void this.#effects.delete(effect);
    effect.then(forget, forget);
  }

  async deadLetter(envelope: Envelope, stage: string, error: unknown): Promise<void> {
    const letter = deadLetterOf(envelope, stage, error);
    if (letter.code === 'defect') this.#countDefect(envelope, stage, error);
    const written = writeAgain(stage, this, () => this.#spec.source.deadLetter(letter));
    this.track(written);
    await written;
    this.#spec.meter.deadLettered(stage, letter.code);
    this.#traces.putAside(envelope, stage, letter.code, letter.text);
  }

  #countDefect(envelope: Envelope, stage: string, error: unknown): void {
    this.#spec.log.error('defect', { pipeline: this.pipeline, stage, code: 'defect', ...framesField(error) });
    if (!(envelope instanceof Receipt) || !this.#defects.add(envelope.number)) return;
    const sentence = `${this.pipeline} failed ${defectsInARow} messages in a row by a mistake in its program, the last in stage ${stage}`;
    throw new WeirError('defectLimit', sentence, { cause: error });
  }

  #leave(message: Message<unknown>): void {
    const receipt = message.envelope;
    if (!(receipt instanceof Receipt) || receipt.run !== this || !receipt.isInFlight) {
      const sentence = `${this.pipeline} let a message leave that it had not read, or twice: ${receipt.partition} ${receipt.position}`;
      void this.#finish({ how: 'failed', error: new WeirError('defect', sentence) });
      return;
    }
    if (message.outcome === 'released') {
      this.#ledger.release(receipt);
      this.#traces.ended('message released', [message]);
      return;
    }
    this.#ledger.leave(receipt, message.outcome === undefined ? { envelope: receipt, outcome: 'done', reason: '' } : message);
    if (this.#settling || this.#isFlushQueued) return;
    this.#isFlushQueued = true;
    queueMicrotask(() => {
      this.#isFlushQueued = false;
      if (!this.#hasEnded) this.#settling = this.#settle();
    });
  }

  /** Settles whatever has left, until nothing is waiting. One call of the source at a time. */
  async #settle(): Promise<void> {
    try {
      while (this.#ledger.isLeaving && !this.#hasEnded) {
        const { messages, watermarks } = this.#ledger.takeLeaving();
        await this.#spec.source.settle({ messages, watermarks });
        // A settling that outlived the stop timeout comes too late: its messages count as released already.
        if (!this.#isOver) this.#ledger.settled(messages, watermarks);
        this.#traces.ended('message settled', messages);
      }
    } catch (error) {
      void this.#finish({ how: 'failed', error });
    } finally {
      this.#settling = undefined;
    }
  }

  async #complete(): Promise<void> {
    while (this.#isFlushQueued || this.#settling) await (this.#settling ?? Promise.resolve());
    const { inFlight } = this.#ledger;
    if (inFlight === 0) return this.#finish({ how: 'completed' });
    const sentence = `the chain of ${this.pipeline} completed with ${inFlight} messages that never left its bottom`;
    return this.#finish({ how: 'failed', error: new WeirError('defect', sentence) });
  }

  /** Ends the run once: cuts what is left, waits for effects and for the settling under way, releases the rest. */
  async #finish(end: { readonly how: 'completed' | 'cut' } | { readonly how: 'failed'; readonly error: unknown }): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cutting.abort(new WeirError('cancelled', `${this.pipeline} was cut`));
    this.#subscription?.unsubscribe();
    const isQuiet = await this.#quiet();
    this.#isOver = true;
    this.#ledger.releaseAll();
    this.#traces.endAll();
    this.#end({ ...end, isQuiet });
  }

  /** Waits until no effect runs and nothing is being settled; false when the stop timeout came first. */
  async #quiet(): Promise<boolean> {
    const { promise: timeout, resolve } = Promise.withResolvers<false>();
    const cancel = this.clock.after(this.#spec.stopTimeoutMs, () => resolve(false));
    const quiet = (async (): Promise<true> => {
      while (this.#effects.size > 0) await Promise.allSettled(this.#effects);
      await this.#settling;
      return true;
    })();
    const isQuiet = await Promise.race([quiet, timeout]);
    cancel();
    return isQuiet;
  }
}
