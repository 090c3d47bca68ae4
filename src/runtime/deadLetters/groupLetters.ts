import type { Queryable } from '../../connectors/database.ts';
import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import type { LetterState } from './letterStates.ts';
import { selectLetters, type Selection, type StatedLetter } from './selectLetters.ts';

/** Dead letters that were put aside in one place for one reason. */
export interface LetterGroup {
  readonly topic: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly code: string;
  /** What a replay or discard acts on; those that a replay could not publish are among them. */
  readonly open: number;
  readonly replaying: number;
  readonly replayed: number;
  readonly discarded: number;
  /** When the first and the last of them were put aside. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** The newest letter of the topic when they were counted: up to it the same letters are counted again. */
  readonly upTo: string;
}

type Counted = 'open' | 'replaying' | 'replayed' | 'discarded';

const countOf: Readonly<Record<LetterState, Counted | undefined>> = {
  ...{ OPEN: 'open', REFUSED: 'open', REPLAYING: 'replaying', REPLAYED: 'replayed', DISCARDED: 'discarded', GONE: undefined },
};

/** Counts the dead letters of a selection by where and why they were put aside. Memory: the groups, and a page. */
export async function groupLetters(database: Queryable, reader: DeadLetterReader, selection: Selection): Promise<readonly LetterGroup[]> {
  const { topic } = selection;
  const upTo = selection.upTo ?? (await reader.newest());
  if (upTo === undefined) return [];
  const groups = new Map<string, LetterGroup>();
  for await (const stated of selectLetters(database, reader, { ...selection, upTo })) {
    const { pipeline, stage, code } = stated.letter;
    const key = JSON.stringify([pipeline, stage, code]);
    groups.set(key, counted(groups.get(key) ?? emptyGroup(topic, upTo, stated), stated));
  }
  return [...groups.values()].sort((left, right) => right.open - left.open);
}

function emptyGroup(topic: string, upTo: string, { letter: { pipeline, stage, code, diedAt } }: StatedLetter): LetterGroup {
  return { topic, pipeline, stage, code, open: 0, replaying: 0, replayed: 0, discarded: 0, firstAt: diedAt, lastAt: diedAt, upTo };
}

function counted(group: LetterGroup, { letter, state }: StatedLetter): LetterGroup {
  const name = countOf[state];
  return { ...group, lastAt: letter.diedAt, ...(name === undefined ? {} : { [name]: group[name] + 1 }) };
}
