import type { Clock } from '../message/clock.ts';

/**
 * States of a source towards its broker.
 *
 * | from | event | to |
 * |-|-|-|
 * | idle | a run reads | joining |
 * | joining | something is there to be read; the others of its group have everything | reading; standby |
 * | reading, standby | the group deals its partitions anew | joining |
 * | reading | a partition gives no answer for longer than a call may take | silent |
 * | silent | it answers | reading |
 * | joining, reading, standby, silent | the broker fails or refuses | away, where it is tried until it works |
 * | away | it works | reading, standby |
 * | away | it was replaced in vain too often | wedged, and the process ends |
 * | any | the run is over | idle |
 */
export const sourceStates = ['idle', 'joining', 'reading', 'standby', 'silent', 'away', 'wedged'] as const;
export type SourceState = (typeof sourceStates)[number];

/**
 * Why what had read (a member of a group, a connection) was replaced: neither its reads nor its signs of life were answered; only the
 * one or the other; the broker was lost or answered with an error; it refused, or the topic was missing.
 */
export const replaceReasons = ['silent', 'silentFetch', 'silentHeartbeat', 'lost', 'refused'] as const;
export type ReplaceReason = (typeof replaceReasons)[number];

/** A partition of a topic as its source sees it; of a stream that is shared entry by entry, one of its readers. */
export interface SourcePartition {
  readonly number: number;
  /** This process reads it. */
  readonly isHeld: boolean;
  /** How long it has been asked for messages without an answer, in milliseconds; 0 while it is not asked, as where room is wanting. */
  readonly silentMs: number;
}

/** How a source stands, and what it has seen since this process began. */
export interface SourceStatus {
  readonly state: SourceState;
  /** The elapsed time, in milliseconds, at which it came into its state. */
  readonly sinceMs: number;
  /** Why, for people; empty where the state says it. */
  readonly reason: string;
  readonly partitions: readonly SourcePartition[];
  /** How often it was told what to read: joins of its group, subscriptions of a stream. */
  readonly assignments: number;
  readonly replaced: Readonly<Record<ReplaceReason, number>>;
  /** Messages that were removed before its group had read them: work that is lost. */
  readonly removed: number;
}

/** Keeps what a source tells of itself, over all its subscriptions. */
export class SourceRecord {
  readonly #clock: Clock;
  readonly #silentLimitMs: number;
  readonly #replaced = Object.fromEntries(replaceReasons.map((reason) => [reason, 0])) as Record<ReplaceReason, number>;
  #state: SourceState = 'idle';
  #sinceMs: number;
  #reason = '';
  #assignments = 0;
  #removed = 0;

  /** `silentLimitMs`: how long an answer may take. */
  constructor(clock: Clock, silentLimitMs: number) {
    this.#clock = clock;
    this.#silentLimitMs = silentLimitMs;
    this.#sinceMs = clock.elapsedMs();
  }

  /** Comes into a state. What keeps it away may change meanwhile: the time stays. */
  become(state: Exclude<SourceState, 'silent'>, reason = ''): void {
    this.#reason = reason;
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceMs = this.#clock.elapsedMs();
  }

  /** Begins to read, if it is idle; whoever is away stays so until that has worked. */
  begin(): void {
    if (this.#state !== 'away') this.become('joining');
  }

  assigned(): void {
    this.#assignments += 1;
  }

  replaced(reason: ReplaceReason): void {
    this.#replaced[reason] += 1;
  }

  removed(count: number): void {
    this.#removed += count;
  }

  status(partitions: readonly SourcePartition[]): SourceStatus {
    const seen = { partitions, assignments: this.#assignments, replaced: { ...this.#replaced }, removed: this.#removed };
    const silent = partitions.filter(({ silentMs }) => silentMs > this.#silentLimitMs);
    if (this.#state !== 'reading' || silent.length === 0) {
      return { state: this.#state, sinceMs: this.#sinceMs, reason: this.#reason, ...seen };
    }
    const sinceMs = this.#clock.elapsedMs() - Math.max(...silent.map(({ silentMs }) => silentMs));
    const reason = `no answer for partition ${silent.map(({ number }) => number).join(', ')}`;
    return { state: 'silent', sinceMs, reason, ...seen };
  }
}
