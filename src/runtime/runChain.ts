import type { Observable } from 'rxjs';
import type { Source } from '../connectors/source.ts';
import type { Clock } from '../message/clock.ts';
import type { Message, Outcome } from '../message/message.ts';

/** Where a run tells its numbers; the registry of metrics implements it, tests count by hand. */
export interface RunMeter {
  received(count: number): void;
  settled(outcome: Outcome, count: number): void;
  inFlight(count: number): void;
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
  /** Messages between the top and the bottom at most. */
  readonly window: number;
  /** Messages of one partition read above its watermark at most. */
  readonly maxSpan: number;
  /** How long effects may take to end after the run was cut, in milliseconds. */
  readonly stopTimeoutMs: number;
}

/** received = done + skipped + deferred + dead + released + inFlight, at every moment. */
export interface Counts extends Readonly<Record<Outcome, number>> {
  readonly received: number;
  readonly inFlight: number;
}

/** How a run ended. `cut`: aborted. `failed`: with the error. `isQuiet` is false when effects outlived the stop timeout. */
export interface RunEnd {
  readonly how: 'completed' | 'cut' | 'failed';
  readonly error?: unknown;
  readonly isQuiet: boolean;
}

/** A running chain. */
export interface ChainRun {
  /** Resolves (never rejects) once the chain has ended, its effects have ended, and every message is settled or released. */
  readonly ended: Promise<RunEnd>;
  readonly counts: Counts;
  /** Elapsed time of the last progress (a message read, settled, or nothing in flight), in milliseconds. */
  readonly lastProgressMs: number;
  /** Reads no more, finishes what was read. */
  drain(): void;
  /** Grants no room until resumed; the chain stays subscribed. */
  pause(): void;
  resume(): void;
  /** Cuts: aborts effects, releases the rest. */
  cut(reason: unknown): void;
}
