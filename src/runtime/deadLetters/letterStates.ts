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

/** Letters of a topic, from the oldest to the newest of them. */
export interface LetterSpan {
  readonly topic: string;
  readonly oldest: string;
  readonly newest: string;
}

/** The states of letters from one to another by their positions, however many, a page in memory at a time; those that are open may be left out. */
export async function* statesWithin(
  database: Queryable,
  { topic, oldest, newest }: LetterSpan,
  pageSize = 5_000,
): AsyncGenerator<readonly [position: string, state: LetterState]> {
  let behind = '';
  for (;;) {
    const rows = await database.query<{ position: string; state: LetterState; order: string }>({
      name: 'weir-letter-states-within',
      text: `
        SELECT position, state, letter_order AS "order" FROM weir.dead_letter_action
        WHERE topic = $1 AND letter_order >= weir.letter_order($2) AND letter_order <= weir.letter_order($3) AND letter_order > $4
        ORDER BY letter_order LIMIT $5`,
      values: [topic, oldest, newest, behind, pageSize],
    });
    for (const { position, state } of rows) yield [position, state];
    behind = rows.at(-1)?.order ?? '';
    if (rows.length < pageSize) return;
  }
}

/** How many letters of each span do not wait for a person, by topic: they are counted where they are kept. */
export async function countEndedLetters(database: Queryable, spans: readonly LetterSpan[]): Promise<ReadonlyMap<string, number>> {
  if (spans.length === 0) return new Map();
  const rows = await database.query<{ topic: string; ended: number }>({
    name: 'weir-letters-ended',
    text: `
      SELECT s.topic, (
        SELECT count(*)::int FROM weir.dead_letter_action a
        WHERE a.topic = s.topic AND a.state <> 'REFUSED'
          AND a.letter_order >= weir.letter_order(s.oldest) AND a.letter_order <= weir.letter_order(s.newest)
      ) AS ended
      FROM unnest($1::text[], $2::text[], $3::text[]) AS s (topic, oldest, newest)`,
    values: [spans.map(({ topic }) => topic), spans.map(({ oldest }) => oldest), spans.map(({ newest }) => newest)],
  });
  return new Map(rows.map(({ topic, ended }) => [topic, ended]));
}
