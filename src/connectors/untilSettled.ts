import { WeirError } from '../errors.ts';
import { backOffMs } from '../message/backOff.ts';
import type { Clock } from '../message/clock.ts';
import { pause } from '../message/pause.ts';
import type { Outage } from './outage.ts';

/** Waits between tries. */
const betweenTries = { firstMs: 50, maxMs: 1_000 };

/** How a source settles. */
export interface Settling {
  /** Its clock, and the time limit of one call in milliseconds. */
  readonly settings: { readonly clock: Clock; readonly timeLimitMs: number };
  readonly outage: Outage;
  /** What is tried, as the outage knows it. */
  readonly activity: string;
  /** Aborted when the source closes: then nothing is tried again. */
  readonly closing: AbortSignal;
}

/**
 * Settles, and again where that failed for the moment, for two time limits: a broker that restarts meanwhile costs no duplicates.
 * `work` must be repeatable. Rejects with its last error.
 */
export async function untilSettled({ settings, outage, activity, closing }: Settling, work: () => Promise<void>): Promise<void> {
  const { clock, timeLimitMs } = settings;
  const untilMs = clock.elapsedMs() + 2 * timeLimitMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      outage.worked(activity);
      return;
    } catch (error) {
      const waitMs = backOffMs(betweenTries, attempt, clock);
      const isLast = clock.elapsedMs() + waitMs > untilMs || closing.aborted;
      if (isLast || !(error instanceof WeirError) || error.kind !== 'transient') throw error;
      outage.failed(activity, error);
      await pause(clock, waitMs, closing);
    }
  }
}
