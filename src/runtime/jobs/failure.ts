import { codeOf, kindOf, textOf, type ErrorCode } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import type { Clock } from '../../message/clock.ts';
import type { JobSettings } from './jobSpec.ts';

/** Why something failed, as its row keeps it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly text: string;
}

/** What a thrown thing says about itself. */
export function failureOf(error: unknown): Failure {
  return { code: codeOf(error), text: textOf(error) };
}

/** What follows a failure: nothing, because another process goes on; the end of the run; or another try after a wait. */
export type Consequence = { readonly how: 'fenced' | 'fail' } | { readonly how: 'retry'; readonly delayMs: number };

/** Decides what follows a failure after `before` others in a row. What may pass is tried again until the limit. */
export function consequenceOf(
  error: unknown,
  before: number,
  settings: Pick<JobSettings, 'maxFailures' | 'restart'>,
  clock: Clock,
): Consequence {
  if (codeOf(error) === 'fenced') return { how: 'fenced' };
  const kind = kindOf(error);
  if (kind === 'permanent' || kind === 'defect' || before + 1 >= settings.maxFailures) return { how: 'fail' };
  return { how: 'retry', delayMs: backOffMs(settings.restart, before + 1, clock) };
}
