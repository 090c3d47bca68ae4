import { WeirError } from '../../src/errors.ts';
import type { Retry } from '../step.ts';

/**
 * How long to wait after the `tries`th try (from 1), in milliseconds: a random part (full jitter) of a time that doubles with
 * each try up to its cap, and never less than the error asks for.
 */
export function backOff(retry: Retry, tries: number, error: unknown, random: number): number {
  const longestMs = Math.min(retry.maxDelayMs, retry.firstDelayMs * 2 ** (tries - 1));
  const askedMs = error instanceof WeirError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(random * longestMs, askedMs);
}
