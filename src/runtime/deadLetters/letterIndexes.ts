import { catchError, EMPTY, from, lastValueFrom, map, mergeMap, toArray, type Observable } from 'rxjs';
import type { Bus, Topic } from '../../connectors/bus.ts';
import type { Queryable } from '../../connectors/database.ts';
import { LetterIndex, type RememberedLetters } from './letterIndex.ts';
import { countEndedLetters } from './letterStates.ts';

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

/**
 * How many dead letters of each topic wait for a person; a topic that cannot be counted now is left out. Of the database it asks one
 * question, and none where there are no letters.
 */
export async function openLetters(
  database: Queryable,
  topics: readonly Topic[],
  indexOf: (topic: Topic) => LetterIndex,
): Promise<ReadonlyMap<string, number>> {
  const look = (topic: Topic): Observable<readonly [string, RememberedLetters | undefined]> =>
    from(indexOf(topic).remembered()).pipe(
      map((letters) => [topic.name, letters] as const),
      catchError(() => EMPTY),
    );
  const known = await lastValueFrom(from(topics).pipe(mergeMap(look, atOnce), toArray()), { defaultValue: [] });
  const ended = await countEndedLetters(
    database,
    known.flatMap(([, letters]) => letters ?? []),
  );
  return new Map(known.map(([name, letters]) => [name, Math.max(0, (letters?.count ?? 0) - (ended.get(name) ?? 0))]));
}
