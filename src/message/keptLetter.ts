import { readDeadLetterHeaders } from './deadLetterHeaders.ts';

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
  /** Size of the original value, where the bus took the letter only in part: it cannot be replayed. Absent where all is here. */
  readonly originalBytes?: number;
}

/** Reads a dead letter where its topic keeps it. */
export function keptLetterOf(
  position: string,
  { key, value, headers }: { readonly key: string; readonly value: Uint8Array; readonly headers: ReadonlyMap<string, string> },
): KeptLetter {
  const { own, told } = readDeadLetterHeaders(headers);
  const {
    pipeline = '',
    stage = '',
    code = '',
    text = '',
    partition = '',
    position: readAt = '',
    attempts,
    diedAt = '',
    originalBytes,
  } = told;
  return {
    ...{ position, key, value, headers: own, pipeline, stage, code, text, diedAt },
    readFrom: [partition, readAt].filter((part) => part !== '').join(' '),
    attempts: Number(attempts ?? 0) || 0,
    ...(originalBytes === undefined ? {} : { originalBytes: Number(originalBytes) }),
  };
}
