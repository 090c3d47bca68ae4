import { deadLetterHeaderNames as names } from './deadLetterHeaders.ts';

/** A dead letter as it is found among those of its topic, whoever wrote it. */
export interface KeptLetter {
  /** Its place among the dead letters of its topic, in the bus's own words. */
  readonly position: string;
  readonly key: string;
  /** The original bytes. */
  readonly value: Uint8Array;
  /** The original's own headers. */
  readonly headers: ReadonlyMap<string, string>;
  /** Why it was put aside; each is empty in a letter that no Weir has written. */
  readonly pipeline: string;
  readonly stage: string;
  readonly code: string;
  readonly text: string;
  /** Where the original was read: partition and position. */
  readonly readFrom: string;
  readonly attempts: number;
  /** ISO 8601. */
  readonly diedAt: string;
}

const ours: ReadonlySet<string> = new Set(Object.values(names));

/** Divides the headers of a dead letter into the original's and those that give the reason: the reverse of `deadLetterHeaders`. */
export function keptLetterOf(
  position: string,
  { key, value, headers }: { readonly key: string; readonly value: Uint8Array; readonly headers: ReadonlyMap<string, string> },
): KeptLetter {
  const told = (name: string): string => headers.get(name) ?? '';
  return {
    ...{ position, key, value },
    headers: new Map([...headers].filter(([name]) => !ours.has(name))),
    ...{ pipeline: told(names.pipeline), stage: told(names.stage), code: told(names.code), text: told(names.text) },
    readFrom: [told(names.partition), told(names.position)].filter((part) => part !== '').join(' '),
    attempts: Number(headers.get(names.attempts) ?? 0) || 0,
    diedAt: told(names.diedAt),
  };
}
