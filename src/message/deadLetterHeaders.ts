import type { DeadLetter } from './deadLetter.ts';

/** Names of the headers that say why a message was put aside; the original's own headers stand beside them. */
export const deadLetterHeaderNames = {
  pipeline: 'weir-pipeline',
  stage: 'weir-stage',
  code: 'weir-code',
  text: 'weir-text',
  partition: 'weir-partition',
  position: 'weir-position',
  attempts: 'weir-attempts',
  diedAt: 'weir-died-at',
} as const;

/**
 * The headers of a dead letter on a bus: those of the original, and the reason and the place where it was read under our names.
 * Key and value stay the original ones, so removing our names and publishing the rest is a replay.
 */
export function deadLetterHeaders(letter: DeadLetter): ReadonlyMap<string, string> {
  const names = deadLetterHeaderNames;
  return new Map([
    ...letter.headers,
    [names.pipeline, letter.pipeline],
    [names.stage, letter.stage],
    [names.code, letter.code],
    [names.text, letter.text],
    [names.partition, letter.partition],
    [names.position, letter.position],
    [names.attempts, String(letter.attempts)],
    [names.diedAt, letter.diedAt.toISOString()],
  ]);
}
