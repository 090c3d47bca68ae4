import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import type { Bus, Topic } from '../../connectors/bus.ts';
import type { Queryable } from '../../connectors/database.ts';
import { LetterIndex } from './letterIndex.ts';
import { readEndedLetters } from './letterStates.ts';

/** Topics that are read beside each other: each has a page of its letters in memory meanwhile. */
const atOnce = 4;

/** The index of each topic's dead letters, made when it is first asked for. */
export function letterIndexes(bus: Pick<Bus, 'deadLettersOf'>): (topic: Topic) => LetterIndex {
  const indexes = new Map<string, LetterIndex>();
  return (topic) => {
    const index = indexes.get(topic.name) ?? new LetterIndex(topic.name, bus.deadLettersOf(topic));
    indexes.set(topic.name, index);
    return index;
  };
}

/** How many dead letters of each topic wait for a person. Of the database it asks one question, and none where there are no letters. */
export async function openLetters(
  database: Queryable,
  topics: readonly Topic[],
  indexOf: (topic: Topic) => LetterIndex,
): Promise<ReadonlyMap<string, number>> {
  const count = async (topic: Topic): Promise<readonly [Topic, number]> => [topic, await indexOf(topic).count()];
  const counted = await lastValueFrom(from(topics).pipe(mergeMap(count, atOnce), toArray()), { defaultValue: [] });
  const ended = await readEndedLetters(
    database,
    counted.flatMap(([{ name }, letters]) => (letters === 0 ? [] : [name])),
  );
  return new Map(topics.map((topic) => [topic.name, indexOf(topic).countOpen(ended.get(topic.name) ?? new Set())]));
}
