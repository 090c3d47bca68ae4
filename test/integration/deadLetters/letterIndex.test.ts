import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Queryable } from '../../../src/connectors/database.ts';
import type { DeadLetterReader } from '../../../src/connectors/deadLetterReader.ts';
import type { KeptLetter } from '../../../src/message/keptLetter.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { LetterIndex } from '../../../src/runtime/deadLetters/letterIndex.ts';
import { letterIndexes, openLetters } from '../../../src/runtime/deadLetters/letterIndexes.ts';
import { beginReplay, discardLetters } from '../../../src/runtime/deadLetters/replayStore.ts';
import { aMigratedDatabase } from '../../support/services.ts';
import { openPool } from '../jobs/copyJob.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = openPool(await aMigratedDatabase());
});
beforeEach(() => database.execute('TRUNCATE weir.dead_letter_replay CASCADE'));

const at = new Date('2026-11-15T00:00:00Z');

function aLetter(number: number, over: Partial<KeptLetter> = {}): KeptLetter {
  const place = { pipeline: 'test.pipeline', stage: 'send', code: number % 2 === 0 ? 'refused' : 'defect', text: '', readFrom: '' };
  const diedAt = new Date(at.getTime() + number).toISOString();
  return { position: String(number), key: 'k', value: Buffer.alloc(0), headers: new Map(), ...place, attempts: 1, diedAt, ...over };
}

/** Letters of a topic as a bus gives them; counts those that it has given. */
function aReader(letters: KeptLetter[]): DeadLetterReader & { given: number } {
  return {
    given: 0,
    newest: () => Promise.resolve(letters.at(-1)?.position),
    page({ after, limit }) {
      const page = letters.filter(({ position }) => after === undefined || Number(position) > Number(after)).slice(0, limit);
      this.given += page.length;
      return Promise.resolve(page);
    },
    at: () => Promise.resolve([]),
  };
}

const counted = async (index: LetterIndex): Promise<readonly unknown[]> =>
  (await index.groups(database)).map(({ code, open, discarded, upTo }) => ({ code, open, discarded, upTo }));

it('reads each letter once, however often it is asked and by how many at once', async () => {
  const letters = Array.from({ length: 2_500 }, (_, number) => aLetter(number));
  const reader = aReader(letters);
  const index = new LetterIndex('test', reader);
  await Promise.all([index.groups(database), index.groups(database), index.groups(database)]);
  letters.push(aLetter(2_500));
  expect(await counted(index)).toEqual([
    { code: 'refused', open: 1_251, discarded: 0, upTo: '2500' },
    { code: 'defect', open: 1_250, discarded: 0, upTo: '2500' },
  ]);
  // And the oldest at each look but the first, by which it sees what was trimmed.
  expect(reader.given).toBe(2_501 + 3);
});

it('forgets what the bus has trimmed', async () => {
  const letters = Array.from({ length: 10 }, (_, number) => aLetter(number));
  const index = new LetterIndex('test', aReader(letters));
  await index.groups(database);
  letters.splice(0, 7);
  expect(await counted(index)).toEqual([
    { code: 'defect', open: 2, discarded: 0, upTo: '9' },
    { code: 'refused', open: 1, discarded: 0, upTo: '9' },
  ]);
  letters.splice(0);
  expect(await counted(index)).toEqual([]);
});

it('reads all anew where the topic was made again and counts from the beginning', async () => {
  const letters = Array.from({ length: 10 }, (_, number) => aLetter(number));
  const index = new LetterIndex('test', aReader(letters));
  await index.groups(database);
  letters.splice(0, 10, aLetter(0, { code: 'other', diedAt: new Date(at.getTime() + 99).toISOString() }));
  expect(await counted(index)).toEqual([{ code: 'other', open: 1, discarded: 0, upTo: '0' }]);
});

it('counts what became of them as it is now', async () => {
  const index = new LetterIndex('test', aReader(Array.from({ length: 4 }, (_, number) => aLetter(number))));
  await database.withTransaction((transaction) => discardLetters(transaction, { topic: 'test', positions: ['0', '1'], actor: 'kim', at }));
  expect(await counted(index)).toEqual([
    { code: 'refused', open: 1, discarded: 1, upTo: '3' },
    { code: 'defect', open: 1, discarded: 1, upTo: '3' },
  ]);
});

it('goes on after a read that failed', async () => {
  const reader = aReader(Array.from({ length: 4 }, (_, number) => aLetter(number)));
  const whole = reader.page.bind(reader);
  reader.page = () => Promise.reject(new Error('away'));
  const index = new LetterIndex('test', reader);
  await expect(index.groups(database)).rejects.toThrow('away');
  reader.page = whole;
  expect(await index.count()).toBe(4);
});

it('tells of each topic how many wait for a person, those included that were refused, with one question or none', async () => {
  const topics = ['first', 'second', 'empty'].map((name) => ({ name, deadLetters: `${name}.dead`, partitions: 1, maxSizeBytes: 1_000 }));
  const letters = Array.from({ length: 4 }, (_, number) => aLetter(number));
  const indexOf = letterIndexes({ deadLettersOf: ({ name }) => aReader(name === 'empty' ? [] : [...letters]) });
  const asked: unknown[] = [];
  const counting: Pick<Queryable, 'query'> = {
    query: (statement) => {
      asked.push(statement);
      return database.query(statement);
    },
  };
  expect(await openLetters({ ...database, ...counting }, topics.slice(2), indexOf)).toEqual(new Map([['empty', 0]]));
  expect(asked).toEqual([]);
  await database.withTransaction((transaction) =>
    discardLetters(transaction, { topic: 'first', positions: ['0', '1', '3'], actor: 'kim', at }),
  );
  await database.withTransaction((transaction) =>
    beginReplay(transaction, { topic: 'second', positions: ['2', '3'], perSecond: 1, actor: 'kim', at }),
  );
  await database.execute(`UPDATE weir.dead_letter_action SET state = 'REFUSED' WHERE topic = 'second' AND position = '3'`);
  expect(await openLetters({ ...database, ...counting }, topics, indexOf)).toEqual(
    new Map([
      ['first', 1],
      ['second', 3],
      ['empty', 0],
    ]),
  );
  expect(asked).toHaveLength(1);
});
