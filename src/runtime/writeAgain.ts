import { firstValueFrom, from } from 'rxjs';
import { repeating } from '../../operators/internal/repeating.ts';
import type { Run } from '../message/run.ts';

const repeat = { firstDelayMs: 100, maxDelayMs: 2_000, forMs: 60_000 };

/**
 * Writes what may be written twice, again with back-off while its error may pass or nobody can judge it, for a minute at most and
 * until the run is cut. Rejects with the last error. An error of such a write fails the chain, and that cuts effects under way and
 * loses ends that wait to be recorded; so a short outage must not be one.
 */
export function writeAgain(
  stage: string,
  run: Pick<Run, 'clock' | 'signal' | 'retried' | 'waitsFor'>,
  write: () => Promise<void>,
): Promise<void> {
  return firstValueFrom(
    repeating(stage, run, repeat, () => from(write())),
    { defaultValue: undefined },
  );
}
