import type { SourceStatus } from '../connectors/sourceStatus.ts';
import { codeOf, framesField, kindOf, textOf } from '../errors.ts';
import { backOffMs, type BackOff } from '../message/backOff.ts';
import type { Outcome } from '../message/message.ts';
import type { Wait } from '../message/wait.ts';
import type { Counts } from './ledger.ts';
import { runChain, type ChainRun, type ChainSpec, type RunEnd } from './runChain.ts';
import type { Span } from './span.ts';

/**
 * States of a supervised pipeline.
 *
 * | from | event | to |
 * |-|-|-|
 * | starting | subscribed | running |
 * | starting | there is a cause to pause: it is not subscribed, so that others have its share | paused |
 * | running | pause (operator, newer message version) | paused |
 * | paused | the last of its causes ended | running; starting, when no run is there |
 * | running, paused | infrastructure failed | backingOff |
 * | backingOff | delay over | starting |
 * | running, paused | drain | draining; stopped, when no run is there |
 * | backingOff | drain | stopped |
 * | draining | everything settled; failed; or cut | stopped |
 * | running, paused | defect of the chain, or ten defects in a row | failed |
 * | any | effects outlived the stop timeout | failed, and `onWedged` ends the process |
 */
export type PipelineState = 'starting' | 'running' | 'paused' | 'backingOff' | 'draining' | 'stopped' | 'failed';

/** Who keeps a pipeline from reading: whoever started the process, an operator, a message that only a newer Weir can read. */
export type PauseCause = 'held' | 'operator' | 'newerVersion';

/** What a supervised pipeline is made of. */
export interface SupervisedSpec<V> extends ChainSpec<V> {
  readonly restart: BackOff;
  /** Why it starts without granting room, a sentence for each cause, until all of them have ended. Empty: it reads at once. */
  readonly pausedBy?: ReadonlyMap<PauseCause, string>;
  /** Called when effects outlived the stop timeout: running on would work on messages twice, so the process must end. */
  readonly onWedged: (pipeline: string) => void;
}

/** A pipeline under supervision. */
export interface Supervised {
  readonly name: string;
  /** How many messages may be in flight at once. */
  readonly window: number;
  /** Resolves when it is stopped or failed for good; true when everything that was read is settled. */
  readonly ended: Promise<boolean>;
  state(): PipelineState;
  /** The elapsed time, in milliseconds, at which it came into its state. */
  sinceMs(): number;
  /** Why it is in its state, for people; empty when running. */
  reason(): string;
  /** Why its messages wait although it is running, each once. */
  waits(): readonly Wait[];
  restarts(): number;
  /** Sums over all runs of this process: received = done + skipped + deferred + dead + released + inFlight. */
  counts(): Counts;
  spans(): readonly Span[];
  /** How its source stands towards its broker; undefined where there is none, or before it was first read. */
  source(): SourceStatus | undefined;
  /** How long work has been waiting without a message ending, in milliseconds of elapsed time; 0 when idle or not running. */
  standingMs(): number;
  /** Reads nothing until this cause, and every other that there is, has ended. */
  pause(cause: PauseCause, reason: string): void;
  /** Ends one cause; it reads once none is left. */
  resume(cause: PauseCause): void;
  /** Reads no more and finishes what was read. */
  drain(): void;
  /** Ends now: effects are aborted, the rest is released. */
  cut(): void;
}

/**
 * Starts a pipeline and keeps it running: failures of infrastructure restart it from its watermark, with back-off, once its
 * last run is quiet; no other pipeline notices. A message written by a newer Weir pauses it. Defects are not cured by a restart:
 * they fail it.
 */
export function supervise<V>(spec: SupervisedSpec<V>): Supervised {
  const supervisor = new Supervisor(spec);
  supervisor.start();
  return supervisor;
}

const pausedSentence = 'pipeline paused by a message of a newer version: start a Weir that reads that version, then restart this process';

const noCounts: Counts = { received: 0, done: 0, skipped: 0, deferred: 0, dead: 0, released: 0, inFlight: 0 };

function sum(left: Counts, right: Counts): Counts {
  const ended = (outcome: Outcome): number => left[outcome] + right[outcome];
  return {
    received: left.received + right.received,
    done: ended('done'),
    skipped: ended('skipped'),
    deferred: ended('deferred'),
    dead: ended('dead'),
    released: ended('released'),
    inFlight: left.inFlight + right.inFlight,
  };
}

function endedOf({ done, skipped, deferred, dead }: Counts): number {
  return done + skipped + deferred + dead;
}

class Supervisor<V> implements Supervised {
  readonly name: string;
  readonly window: number;
  readonly ended: Promise<boolean>;
  readonly #spec: SupervisedSpec<V>;
  readonly #end: (isClean: boolean) => void;
  #state: PipelineState = 'starting';
  #sinceMs: number;
  #reason = '';
  #restarts = 0;
  #failuresInARow = 0;
  #past: Counts = noCounts;
  #run: ChainRun | undefined;
  /** Why it reads nothing, by cause; empty when it may read. */
  readonly #pauses: Map<PauseCause, string>;
  #isStopping = false;
  #cancelBackOff: (() => void) | undefined;

  constructor(spec: SupervisedSpec<V>) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.name = spec.name;
    this.window = spec.limits.window;
    this.ended = promise;
    this.#end = resolve;
    this.#spec = spec;
    this.#sinceMs = spec.clock.elapsedMs();
    this.#pauses = new Map(spec.pausedBy);
  }

  state(): PipelineState {
    return this.#state;
  }

  sinceMs(): number {
    return this.#sinceMs;
  }

  reason(): string {
    return this.#reason;
  }

  waits(): readonly Wait[] {
    return this.#run?.waits() ?? [];
  }

  restarts(): number {
    return this.#restarts;
  }

  counts(): Counts {
    return this.#run ? sum(this.#past, this.#run.counts()) : this.#past;
  }

  spans(): readonly Span[] {
    return this.#run?.spans() ?? [];
  }

  source(): SourceStatus | undefined {
    return this.#spec.source.status?.();
  }

  standingMs(): number {
    return this.#run === undefined || this.#state === 'paused' ? 0 : this.#run.standingMs();
  }

  start(): void {
    if (this.#isPaused) {
      this.#becomePaused();
      return;
    }
    this.#become('starting', '');
    this.#run = runChain(this.#spec);
    void this.#run.ended.then((end) => this.#afterRun(end));
    this.#become('running', '');
  }

  pause(cause: PauseCause, reason: string): void {
    this.#pauses.set(cause, reason);
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.#run?.pause();
    this.#becomePaused();
  }

  resume(cause: PauseCause): void {
    const hasEnded = this.#pauses.delete(cause);
    if (!hasEnded || this.#state !== 'paused' || this.#isStopping) return;
    if (this.#isPaused) this.#becomePaused();
    else if (this.#run === undefined) this.start();
    else {
      this.#run.resume();
      this.#become('running', '');
    }
  }

  drain(): void {
    if (this.#isStopping || this.#hasEnded()) return;
    this.#isStopping = true;
    this.#cancelBackOff?.();
    if (this.#run === undefined) this.#stop(true);
    else {
      this.#become('draining', '');
      this.#run.drain();
    }
  }

  cut(): void {
    if (this.#hasEnded()) return;
    this.#isStopping = true;
    this.#cancelBackOff?.();
    if (this.#run === undefined) this.#stop(true);
    else this.#run.cut();
  }

  #afterRun(end: RunEnd): void {
    const past = this.#past;
    this.#past = this.counts();
    this.#run = undefined;
    // A run that ended messages shows that the way is free: the next back-off is short again.
    if (endedOf(this.#past) > endedOf(past)) this.#failuresInARow = 0;
    if (!end.isQuiet) {
      this.#fail('effects outlived the stop timeout');
      this.#spec.onWedged(this.name);
    } else if (end.how !== 'failed') {
      this.#stop(end.how === 'completed');
    } else {
      this.#afterFailure(end.error);
    }
  }

  #afterFailure(error: unknown): void {
    const fields = { pipeline: this.name, code: codeOf(error), kind: kindOf(error), error: textOf(error) };
    const isNewer = fields.code === 'newerVersion';
    this.#spec.log.error(isNewer && !this.#isStopping ? pausedSentence : 'pipeline failed', { ...fields, ...framesField(error) });
    if (this.#isStopping) {
      this.#stop(false);
    } else if (isNewer) {
      this.#pauses.set('newerVersion', fields.error);
      this.#becomePaused();
    } else if (fields.kind === 'defect') {
      this.#fail(fields.error);
      if (fields.code === 'wedged') this.#spec.onWedged(this.name);
    } else {
      this.#backOff(fields.error);
    }
  }

  #backOff(reason: string): void {
    const { clock, log, restart } = this.#spec;
    this.#failuresInARow += 1;
    const delayMs = Math.round(backOffMs(restart, this.#failuresInARow, clock));
    this.#become('backingOff', reason);
    log.warn('pipeline starts again', { pipeline: this.name, delayMs, reason });
    this.#cancelBackOff = clock.after(delayMs, () => {
      this.#restarts += 1;
      this.start();
    });
  }

  get #isPaused(): boolean {
    return this.#pauses.size > 0;
  }

  #becomePaused(): void {
    this.#become('paused', [...this.#pauses.values()].join('; '));
  }

  #hasEnded(): boolean {
    return this.#state === 'stopped' || this.#state === 'failed';
  }

  #stop(isClean: boolean): void {
    this.#become('stopped', '');
    this.#end(isClean);
  }

  #fail(reason: string): void {
    this.#become('failed', reason);
    this.#end(false);
  }

  #become(state: PipelineState, reason: string): void {
    if (state !== this.#state) this.#sinceMs = this.#spec.clock.elapsedMs();
    this.#state = state;
    this.#reason = reason;
    const fields = { pipeline: this.name, state, ...(reason === '' ? {} : { reason }) };
    if (state === 'failed') this.#spec.log.error('pipeline failed for good: it reads no more until this process is started again', fields);
    this.#spec.log.info('pipeline state', fields);
  }
}
