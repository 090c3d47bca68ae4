import type { WeirError } from '../errors.ts';
import type { Clock } from '../message/clock.ts';

/** Told of an outage. Its functions must not throw. */
export interface OutageReport {
  /** Calls fail or a connection was lost; they are tried again. Told once, until `recovered`. */
  failed?(error: WeirError): void;
  /** What failed works again, after so many milliseconds. */
  recovered?(awayMs: number): void;
}

/** What was not tried again for so long, in milliseconds, is not tried any more (its pipeline has ended) and says nothing about the broker. */
const forgottenMs = 60_000;

/**
 * Tells once that a broker fails, and once that it is back: when everything that failed has worked again. Each activity that is tried
 * until it works (a reader's rounds, an acknowledgement, a renewal) has a name of its own, since one may fail while others work.
 */
export class Outage {
  readonly #clock: Clock;
  readonly #report: OutageReport;
  /** When each activity last failed. */
  readonly #failing = new Map<string, number>();
  #sinceMs: number | undefined;

  constructor(clock: Clock, report: OutageReport) {
    this.#clock = clock;
    this.#report = report;
  }

  failed(activity: string, error: WeirError): void {
    const nowMs = this.#clock.elapsedMs();
    this.#forget(nowMs);
    if (this.#failing.size === 0) {
      this.#sinceMs = nowMs;
      this.#report.failed?.(error);
    }
    this.#failing.set(activity, nowMs);
  }

  /** The same for what is tried again rarely: it does not hold up the end of an outage that others have met. */
  failedRarely(activity: string, error: WeirError): void {
    if (this.#sinceMs === undefined || this.#failing.has(activity)) this.failed(activity, error);
  }

  worked(activity: string): void {
    if (this.#sinceMs === undefined) return;
    const nowMs = this.#clock.elapsedMs();
    this.#failing.delete(activity);
    this.#forget(nowMs);
    if (this.#failing.size > 0) return;
    this.#report.recovered?.(nowMs - this.#sinceMs);
    this.#sinceMs = undefined;
  }

  #forget(nowMs: number): void {
    for (const [activity, failedMs] of this.#failing) if (nowMs - failedMs > forgottenMs) this.#failing.delete(activity);
  }
}
