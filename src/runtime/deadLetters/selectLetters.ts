import type { Queryable } from '../../connectors/database.ts';
import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import type { KeptLetter } from '../../message/keptLetter.ts';
import { readLetterStates, type LetterState } from './letterStates.ts';

/** Letters of one read. */
const pageSize = 200;

/** Which dead letters of a topic are meant. */
export interface Selection {
  readonly topic: string;
  readonly pipeline?: string | undefined;
  readonly stage?: string | undefined;
  readonly code?: string | undefined;
  /** Not newer than this position: what comes later is not among them. */
  readonly upTo?: string | undefined;
}

/** A dead letter with what became of it. */
export interface StatedLetter {
  readonly letter: KeptLetter;
  readonly state: LetterState;
}

export interface ScanOptions {
  readonly after?: string | undefined;
  readonly isNewestFirst?: boolean;
}

/** Reads the letters of a selection, the oldest first unless told otherwise, a page in memory at a time. */
export async function* selectLetters(
  database: Queryable,
  reader: DeadLetterReader,
  { topic, upTo, ...wanted }: Selection,
  options: ScanOptions = {},
): AsyncGenerator<StatedLetter> {
  let { after } = options;
  for (;;) {
    const page = await reader.page({ ...options, after, upTo, limit: pageSize });
    const meant = page.filter((letter) => isMeant(letter, wanted));
    const states = await readLetterStates(
      database,
      topic,
      meant.map(({ position }) => position),
    );
    for (const letter of meant) yield { letter, state: states.get(letter.position) ?? 'OPEN' };
    after = page.at(-1)?.position;
    if (page.length < pageSize) return;
  }
}

/** Where and why a letter was put aside. */
export type Place = Pick<KeptLetter, 'pipeline' | 'stage' | 'code'>;

/** Which places are meant; one that is left out may be any. */
export type PlaceFilter = Pick<Selection, 'pipeline' | 'stage' | 'code'>;

/** Whether a letter was put aside in a place that is meant. */
export function isMeant(letter: Place, { pipeline, stage, code }: PlaceFilter): boolean {
  return (
    (pipeline === undefined || letter.pipeline === pipeline) &&
    (stage === undefined || letter.stage === stage) &&
    (code === undefined || letter.code === code)
  );
}
