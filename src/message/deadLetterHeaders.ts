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
  originalBytes: 'weir-original-bytes',
} as const;

/**
 * The headers of a dead letter on a bus: those of the original, and the reason and the place where it was read under our names.
 * Key and value stay the original ones, so removing our names and publishing the rest is a replay. Where a bus takes them only in
 * part, `originalBytes` says how large the original value was: such a letter is not replayed.
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

/** What the headers of a dead letter say. */
export interface ToldByHeaders {
  /** The original's own headers. */
  readonly own: ReadonlyMap<string, string>;
  /** What stands under our names; what a letter that no Weir has written lacks is absent. */
  readonly told: Readonly<Partial<Record<keyof typeof deadLetterHeaderNames, string>>>;
}

/** Divides the headers of a dead letter into the original's and those that give the reason: the reverse of `deadLetterHeaders`. */
export function readDeadLetterHeaders(headers: ReadonlyMap<string, string>): ToldByHeaders {
  const ours = Object.entries(deadLetterHeaderNames);
  const names = new Set<string>(ours.map(([, name]) => name));
  return {
    own: new Map([...headers].filter(([name]) => !names.has(name))),
    told: Object.fromEntries(ours.flatMap(([fact, name]) => (headers.has(name) ? [[fact, headers.get(name)]] : []))),
  };
}
