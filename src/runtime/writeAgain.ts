import { kindOf } from '../errors.ts';
import { backOffMs } from '../message/backOff.ts';
import { pause } from '../message/pause.ts';
import type { Run } from '../message/run.ts';

const between = { firstMs: 100, maxMs: 2_000 };

/** Below the time after which standing work is taken for wedged. */
const forMs = 60_000;

/**
 * Writes what may be written twice, again with back-off while its error may pass or nobody can judge it, for a minute at most and
 * until the run is cut. Rejects with the last error. An error of such a write fails the chain, and that cuts effects under way and
 * loses ends that wait to be recorded; so a short outage must not be one.
 */
export async function writeAgain({ clock, signal }: Pick<Run, 'clock' | 'signal'>, write: () => Promise<void>): Promise<void> {
  const startedMs = clock.elapsedMs();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write();
      return;
    } catch (error) {
      const kind = kindOf(error);
      const delayMs = backOffMs(between, attempt, clock);
      const isOver = signal.aborted || clock.elapsedMs() - startedMs + delayMs > forMs;
      if (isOver || (kind !== 'transient' && kind !== 'unknown')) throw error;
      await pause(clock, delayMs, signal);
    }
  }
}
