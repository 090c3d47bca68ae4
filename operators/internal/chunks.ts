import { Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { WeirError } from '../../src/errors.ts';
import { isOpen, type Message } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';
import type { Backlog } from '../backlog.ts';
import { asStage, type Step } from '../step.ts';
import { firstAnswer } from './firstAnswer.ts';
import { listen } from './listen.ts';
import { Queue } from './queue.ts';
import { requireAtLeast } from './requireAtLeast.ts';

/** When a line is full. */
export interface ChunkOptions {
  /** Messages that one call is given at most, from 1. Small: more calls; large: more memory and more to repeat. */
  readonly size: number;
  /** Elapsed time that a message waits for others at most, in milliseconds. Small: smaller calls; large: more latency. */
  readonly maxWaitMs: number;
}

export interface LineOptions extends ChunkOptions {
  /**
   * What decided messages do. `pass`: they do not count, and without an open message before them or a call in flight they go on
   * at once. `gather`: they count like open ones and every line is given to the call, so a line is never longer than `size`.
   */
  readonly decided: 'pass' | 'gather';
  /** Told of open messages that come and that were answered. */
  readonly backlog?: Backlog | undefined;
}

/** Answers a whole line, open and decided messages in the order they came: one message for each, in the same order. */
export type LineCall<T, R> = (line: readonly Message<T>[], run: Run) => ObservableInput<readonly Message<R>[]>;

/**
 * Gathers messages into lines and calls `call` with one line at a time, gathering on meanwhile. A line is cut at `size`
 * messages, `maxWaitMs` after its oldest began to wait, and when the source completes. Order is kept. An error of a call, or an
 * answer of another length, errors the chain; what is gathered then, or at unsubscription, is not settled. Once the run is cut
 * no call begins.
 *
 * Memory: what the source has emitted and the call has not answered; the window bounds it.
 */
export function mapLines<T, R>(stage: string, call: LineCall<T, R>, options: LineOptions): Step<T, R> {
  requireAtLeast('size', options.size, 1);
  requireAtLeast('maxWaitMs', options.maxWaitMs, 0);
  return asStage(
    stage,
    (source) =>
      new Observable<Message<R>>((subscriber) => {
        const lines = new Lines(stage, call, options, subscriber);
        listen(source, subscriber, lines);
        return () => lines.close();
      }),
  );
}

/** Messages for one call, and how many of them are open. */
interface Line<T> {
  readonly messages: readonly Message<T>[];
  readonly openCount: number;
}

/**
 * One subscription's lines. Everything is emitted from `#pump`, which never runs inside itself: input that an emission causes
 * is gathered, and a call that answers synchronously is found by the loop, so neither nests.
 */
class Lines<T, R> {
  readonly #stage: string;
  readonly #call: LineCall<T, R>;
  readonly #options: LineOptions;
  readonly #subscriber: Subscriber<Message<R>>;
  readonly #full = new Queue<Line<T>>();
  #gathering: Message<T>[] = [];
  /** Open messages of `#gathering`. */
  #openCount = 0;
  #isDue = false;
  #cancelTimer: (() => void) | undefined;
  #isCalling = false;
  #answered: readonly Message<R>[] | undefined;
  #isPumping = false;
  #isDone = false;

  constructor(stage: string, call: LineCall<T, R>, options: LineOptions, subscriber: Subscriber<Message<R>>) {
    this.#stage = stage;
    this.#call = call;
    this.#options = options;
    this.#subscriber = subscriber;
  }

  next(message: Message<T>): void {
    this.#gathering.push(message);
    if (isOpen(message)) {
      this.#openCount++;
      this.#options.backlog?.enter();
    }
    if (this.#weight >= this.#options.size) this.#full.push(this.#cut());
    else if (this.#weight > 0) {
      this.#cancelTimer ??= this.#startTimer(message);
      return;
    }
    this.#pump();
  }

  complete(): void {
    this.#isDone = true;
    this.#pump();
  }

  close(): void {
    this.#cancelTimer?.();
    this.#gathering = [];
  }

  /** Messages of `#gathering` that count. */
  get #weight(): number {
    return this.#options.decided === 'gather' ? this.#gathering.length : this.#openCount;
  }

  #startTimer(message: Message<T>): () => void {
    return message.envelope.run.clock.after(this.#options.maxWaitMs, () => {
      this.#isDue = true;
      this.#pump();
    });
  }

  #cut(): Line<T> {
    const line = { messages: this.#gathering, openCount: this.#openCount };
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#gathering = [];
    this.#openCount = 0;
    this.#isDue = false;
    return line;
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#step());
    this.#isPumping = false;
    if (this.#isDone && !this.#isCalling && this.#gathering.length === 0 && this.#full.isEmpty) this.#subscriber.complete();
  }

  /** Does one thing that can be done; false when there is none. */
  #step(): boolean {
    if (this.#subscriber.closed) return false;
    if (this.#answered !== undefined) {
      this.#emit(this.#answered);
      this.#answered = undefined;
      this.#isCalling = false;
      return true;
    }
    if (this.#isCalling) return false;
    const line = this.#nextLine();
    if (line === undefined) return false;
    if (line.openCount > 0 || this.#options.decided === 'gather') this.#start(line);
    else this.#emit(line.messages.filter((message) => !isOpen(message)));
    return true;
  }

  #nextLine(): Line<T> | undefined {
    const full = this.#full.shift();
    if (full !== undefined) return full;
    if (this.#gathering.length === 0) return undefined;
    return this.#weight === 0 || this.#isDue || this.#isDone ? this.#cut() : undefined;
  }

  #emit(messages: readonly Message<R>[]): void {
    for (const message of messages) {
      if (this.#subscriber.closed) return;
      this.#subscriber.next(message);
    }
  }

  #start({ messages, openCount }: Line<T>): void {
    const run = messages[0]?.envelope.run;
    if (run === undefined) return;
    this.#isCalling = true;
    if (run.signal.aborted) return; // for good: the runtime releases what is here
    const startedMs = run.clock.elapsedMs();
    const call = firstAnswer(run, () => this.#call(messages, run)).subscribe({
      next: (answers) => {
        if (answers.length !== messages.length) {
          this.#subscriber.error(new WeirError('defect', `A line of ${messages.length} messages was answered by ${answers.length}.`));
          return;
        }
        run.measure(this.#stage, (run.clock.elapsedMs() - startedMs) / 1000, openCount);
        this.#answered = answers;
        this.#pump();
        this.#options.backlog?.leave(openCount);
      },
      error: (error: unknown) => this.#subscriber.error(error),
    });
    this.#subscriber.add(call);
  }
}
