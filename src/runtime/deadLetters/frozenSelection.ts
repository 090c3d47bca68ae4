import type { Queryable } from '../../connectors/database.ts';
import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import { WeirError } from '../../errors.ts';
import { isOpenLetter, readLetterStates, type LetterState } from './letterStates.ts';
import { selectLetters, type Selection } from './selectLetters.ts';

/** What is to be replayed or discarded: one letter, or those of a selection up to a position. */
export type Meant = { readonly topic: string; readonly position: string } | (Selection & { readonly upTo: string });

/**
 * The positions of the open letters that are meant, the oldest first. `notFound` where no letter is meant, open or not; `refused`,
 * with what became of them, where not just as many are open as whoever looked before has counted.
 */
export async function frozenSelection(
  database: Queryable,
  reader: DeadLetterReader,
  meant: Meant,
  expected: number,
): Promise<readonly string[]> {
  const counts = new Map<LetterState, number>();
  const open: string[] = [];
  for await (const { position, state } of statesOf(database, reader, meant)) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (isOpenLetter(state)) open.push(position);
  }
  if (counts.size === 0) {
    throw new WeirError('notFound', `there is no such dead letter of ${meant.topic}: it was never there, or was trimmed away`);
  }
  if (open.length !== expected) {
    const told = [...counts].filter(([state]) => !isOpenLetter(state)).map(([state, count]) => `${count} ${sentences[state]}`);
    throw new WeirError('refused', [`expected ${expected} open dead letters, found ${open.length}`, ...told].join('; '));
  }
  return open;
}

const sentences: Readonly<Record<LetterState, string>> = {
  OPEN: 'open',
  REFUSED: 'open, since the topic refused them',
  REPLAYING: 'being replayed',
  REPLAYED: 'replayed before',
  GONE: 'trimmed away before their replay',
  DISCARDED: 'discarded before',
};

async function* statesOf(
  database: Queryable,
  reader: DeadLetterReader,
  meant: Meant,
): AsyncGenerator<{ readonly position: string; readonly state: LetterState }> {
  if ('position' in meant) {
    const { topic, position } = meant;
    if ((await reader.at([position])).length === 0) return;
    yield { position, state: (await readLetterStates(database, topic, [position])).get(position) ?? 'OPEN' };
    return;
  }
  for await (const { letter, state } of selectLetters(database, reader, meant)) yield { position: letter.position, state };
}
