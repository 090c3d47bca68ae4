import { asyncScheduler, of, type ObservableInput, type SchedulerLike } from 'rxjs';
import { codeOf, textOf, type ErrorCode } from '../../src/errors.ts';
import type { Decided, Envelope, Open, Outcome } from '../../src/message/message.ts';
import type { Clock } from '../../src/message/clock.ts';
import type { Run } from '../../src/message/run.ts';
import type { Wait } from '../../src/message/wait.ts';

export interface RunOptions {
  readonly pipeline?: string;
  /** Both clocks are made from it; a TestScheduler gives virtual time. */
  readonly scheduler?: SchedulerLike;
  /** Calendar time when the scheduler stands at 0. */
  readonly startsAt?: Date;
  readonly random?: () => number;
  /** Instead of one that is made from the scheduler. */
  readonly clock?: Clock;
  /** What the write of a dead letter answers; at once by default. */
  readonly deadLetter?: (letter: RecordedDeadLetter) => ObservableInput<unknown>;
}

export interface RecordedDeadLetter {
  readonly key: string;
  readonly stage: string;
  readonly code: ErrorCode;
  readonly text: string;
}

export interface RecordedStage {
  readonly stage: string;
  readonly seconds: number;
  readonly count: number;
}

/** A run that records what a stage tells it. */
export interface FakeRun extends Run {
  readonly measured: readonly RecordedStage[];
  /** The stage of each retry. */
  readonly retries: readonly string[];
  readonly deadLetters: readonly RecordedDeadLetter[];
  readonly tracked: readonly PromiseLike<unknown>[];
  /** Why it waits now. */
  readonly waits: readonly Wait[];
  cut(): void;
  drain(): void;
}

/** A run whose clock is made from an RxJS scheduler. */
export function aRun(options: RunOptions = {}): FakeRun {
  const { scheduler = asyncScheduler, startsAt = new Date(0), random = () => 0.5 } = options;
  const [signal, draining] = [new AbortController(), new AbortController()];
  const measured: RecordedStage[] = [];
  const retries: string[] = [];
  const deadLetters: RecordedDeadLetter[] = [];
  const tracked: PromiseLike<unknown>[] = [];
  const waits: Wait[] = [];
  return {
    pipeline: options.pipeline ?? 'test.pipeline',
    clock: options.clock ?? {
      now: () => new Date(startsAt.getTime() + scheduler.now()),
      elapsedMs: () => scheduler.now(),
      random,
      after: (delayMs, work) => {
        const timer = scheduler.schedule(work, delayMs);
        return () => timer.unsubscribe();
      },
    },
    signal: signal.signal,
    draining: draining.signal,
    measure: (stage, seconds, count) => void measured.push({ stage, seconds, count }),
    retried: (stage) => void retries.push(stage),
    waitsFor: (wait) => {
      waits.push(wait);
      return () => void waits.splice(waits.indexOf(wait), 1);
    },
    within: (_stage, _messages, work) => work(),
    track: (effect) => void tracked.push(effect),
    deadLetter: (envelope, stage, error) => {
      const letter = { key: envelope.key, stage, code: codeOf(error), text: textOf(error) };
      deadLetters.push(letter);
      return options.deadLetter?.(letter) ?? of(undefined);
    },
    measured,
    retries,
    deadLetters,
    tracked,
    waits,
    cut: () => signal.abort(),
    drain: () => draining.abort(),
  };
}

/** An envelope with defaults. Its fields are inherited, as those of the runtime's own are: a copy by spreading has none of them. */
export function anEnvelope(over: Partial<Envelope> = {}): Envelope {
  return Object.create({
    key: 'key',
    headers: new Map(),
    partition: 'topic-0',
    epoch: 1,
    position: '0',
    attempt: 1,
    original: new Uint8Array(),
    run: over.run ?? aRun(),
    ...over,
  }) as Envelope;
}

/** A message that is still worked on: `anOpen(value, { key })`. */
export function anOpen<T>(value: T, over: Partial<Envelope> = {}): Open<T> {
  return { envelope: anEnvelope(over), value };
}

/** A message whose end is known. */
export function aDecided(outcome: Outcome = 'skipped', over: Partial<Envelope> = {}): Decided {
  return { envelope: anEnvelope(over), outcome, reason: 'decided before' };
}
