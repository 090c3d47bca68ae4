import type { Bus, Topic } from '../../connectors/bus.ts';
import type { Queryable } from '../../connectors/database.ts';
import { LetterIndex } from './letterIndex.ts';

/** The index of each topic's dead letters, made when it is first asked for. */
export function letterIndexes(bus: Pick<Bus, 'deadLettersOf'>): (topic: Topic) => LetterIndex {
  const indexes = new Map<string, LetterIndex>();
  return (topic) => {
    const index = indexes.get(topic.name) ?? new LetterIndex(topic.name, bus.deadLettersOf(topic));
    indexes.set(topic.name, index);
    return index;
  };
}

/** How many dead letters of each topic wait for a person. */
export async function openLetters(
  database: Queryable,
  topics: readonly Topic[],
  indexOf: (topic: Topic) => LetterIndex,
): Promise<ReadonlyMap<string, number>> {
  const counted: (readonly [string, number])[] = [];
  for (const topic of topics) counted.push([topic.name, await indexOf(topic).open(database)]);
  return new Map(counted);
}
