import type { Queryable } from '../../connectors/database.ts';

/** What became of a dead letter, as `migrations/0130_console.sql` draws it; OPEN is one without a row. */
export type LetterState = 'OPEN' | 'REPLAYING' | 'REPLAYED' | 'REFUSED' | 'GONE' | 'DISCARDED';

/** Whether a dead letter may be replayed or discarded. */
export function isOpenLetter(state: LetterState): boolean {
  return state === 'OPEN' || state === 'REFUSED';
}

/** The states of letters by their positions; those that are open may be left out. */
export async function readLetterStates(
  database: Queryable,
  topic: string,
  positions: readonly string[],
): Promise<ReadonlyMap<string, LetterState>> {
  if (positions.length === 0) return new Map();
  const rows = await database.query<{ position: string; state: LetterState }>({
    name: 'weir-letter-states',
    text: 'SELECT position, state FROM weir.dead_letter_action WHERE topic = $1 AND position = ANY ($2)',
    values: [topic, positions],
  });
  return new Map(rows.map(({ position, state }) => [position, state]));
}

/** The positions of all letters of these topics that do not wait for a person, by topic. */
export async function readEndedLetters(database: Queryable, topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (topics.length === 0) return new Map();
  const rows = await database.query<{ topic: string; positions: readonly string[] }>({
    name: 'weir-letters-ended',
    text: `
      SELECT topic, array_agg(position) AS positions FROM weir.dead_letter_action
      WHERE topic = ANY ($1) AND state <> 'REFUSED' GROUP BY topic`,
    values: [topics],
  });
  return new Map(rows.map(({ topic, positions }) => [topic, new Set(positions)]));
}
