import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Queryable } from '../../../src/connectors/database.ts';
import type { DeadLetterReader } from '../../../src/connectors/deadLetterReader.ts';
import type { KeptLetter } from '../../../src/message/keptLetter.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { LetterIndex } from '../../../src/runtime/deadLetters/letterIndex.ts';
import { letterIndexes, openLetters } from '../../../src/runtime/deadLetters/letterIndexes.ts';
import { countEndedLetters, statesWithin } from '../../../src/runtime/deadLetters/letterStates.ts';
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

/** Letters of a topic as a bus gives them; counts those that it has given, in all and at most at once, and how often it was asked. */
function aReader(letters: KeptLetter[]): DeadLetterReader & { given: number; asked: number; mostBytes: number } {
  return {
    ...{ given: 0, asked: 0, mostBytes: 0 },
    newest: () => Promise.resolve(letters.at(-1)?.position),
    page({ after, limit }) {
      const page = letters.filter(({ position }) => after === undefined || Number(position) > Number(after)).slice(0, limit);
      this.asked += 1;
      this.given += page.length;
      this.mostBytes = Math.max(
        this.mostBytes,
        page.reduce((sum, { value }) => sum + value.byteLength, 0),
      );
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
  // And, at the second read, the oldest and the newest, by which it sees what was trimmed and what was lost.
  expect(reader.given).toBe(2_501 + 2);
});

it('reads once for all who ask before it begins, so that a bus that was away is not asked for each of them', async () => {
  const reader = aReader(Array.from({ length: 4 }, (_, number) => aLetter(number)));
  const gate = Promise.withResolvers<undefined>();
  const page = reader.page.bind(reader);
  reader.page = (range) => gate.promise.then(() => page(range));
  const index = new LetterIndex('test', reader);
  const first = index.remembered();
  await Promise.resolve();
  const others = Array.from({ length: 500 }, () => index.remembered());
  gate.resolve(undefined);
  expect((await Promise.all([first, ...others])).map((letters) => letters?.count)).toEqual(Array.from({ length: 501 }, () => 4));
  // All of it, then the oldest, the newest, and what is behind it.
  expect(reader.asked).toBe(1 + 3);
});

it('reads letters that are large by few at once, and small ones by many', async () => {
  const bounds = { readBytes: 16_000 };
  const value = Buffer.alloc(1_000);
  const large = aReader(Array.from({ length: 400 }, (_, number) => aLetter(number, { value })));
  expect((await new LetterIndex('test', large, bounds).remembered())?.count).toBe(400);
  expect(large.mostBytes).toBe(16_000);
  const small = aReader(Array.from({ length: 4_000 }, (_, number) => aLetter(number)));
  await new LetterIndex('test', small, bounds).remembered();
  expect(small.asked).toBeLessThan(30);
  const tooLarge = aReader(Array.from({ length: 20 }, (_, number) => aLetter(number, { value: Buffer.alloc(17_000) })));
  expect((await new LetterIndex('test', tooLarge, bounds).remembered())?.count).toBe(20);
});

it('remembers the oldest up to its bound, and more of them once those are trimmed', async () => {
  const letters = Array.from({ length: 1_000 }, (_, number) => aLetter(number));
  const reader = aReader(letters);
  const index = new LetterIndex('test', reader, { mostLetters: 300 });
  expect(await index.remembered()).toEqual({ topic: 'test', oldest: '0', newest: '299', count: 300 });
  expect(reader.given).toBe(300);
  letters.splice(0, 100);
  expect(await index.remembered()).toEqual({ topic: 'test', oldest: '100', newest: '399', count: 300 });
});

it.each([
  ['the newest are', (letters: KeptLetter[]) => letters.splice(-3), 7],
  ['all but the first are', (letters: KeptLetter[]) => letters.splice(1), 1],
  [
    'the newest are, and others have come in their places,',
    (letters: KeptLetter[]) => letters.splice(-3, 3, aLetter(7), aLetter(8), aLetter(9, { diedAt: new Date(0).toISOString() })),
    10,
  ],
])('counts anew where %s lost by the bus', async (_what, lose, left) => {
  const letters = Array.from({ length: 10 }, (_, number) => aLetter(number));
  const index = new LetterIndex('test', aReader(letters));
  await index.remembered();
  lose(letters);
  expect(await index.remembered()).toEqual({ topic: 'test', oldest: '0', newest: letters.at(-1)?.position, count: left });
  expect((await index.groups(database)).at(-1)?.lastAt).toBe(letters.at(left === 7 ? -2 : -1)?.diedAt);
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

it('asks for what became of those that the bus has, page by page, and of no others', async () => {
  const positions = ['99-1', '100-0', '100-2', '100-10', '101-0', '1000-0'];
  await database.withTransaction((transaction) => discardLetters(transaction, { topic: 'test', positions, actor: 'kim', at }));
  const span = { topic: 'test', oldest: '100-1', newest: '101-0' };
  const told: string[] = [];
  for await (const [position] of statesWithin(database, span, 2)) told.push(position);
  expect(told).toEqual(['100-2', '100-10', '101-0']);
  expect(await countEndedLetters(database, [span, { ...span, topic: 'other' }])).toEqual(
    new Map([
      ['test', 3],
      ['other', 0],
    ]),
  );
});

it('looks at no others for it', async () => {
  const positions = Array.from({ length: 20_000 }, (_, number) => `${number}-0`);
  await database.withTransaction((transaction) => discardLetters(transaction, { topic: 'test', positions, actor: 'kim', at }));
  await database.execute('ANALYZE weir.dead_letter_action');
  const plan = await database.query(`
    EXPLAIN SELECT count(*) FROM weir.dead_letter_action a
    WHERE topic = 'test' AND state <> 'REFUSED' AND letter_order >= weir.letter_order('19990-0')
      AND letter_order <= weir.letter_order('19999-0')`);
  expect(JSON.stringify(plan)).toMatch(/Index Only Scan using dead_letter_action_order.*Index Cond: .*letter_order >= /);
});

it('goes on after a read that failed', async () => {
  const reader = aReader(Array.from({ length: 4 }, (_, number) => aLetter(number)));
  const whole = reader.page.bind(reader);
  reader.page = () => Promise.reject(new Error('away'));
  const index = new LetterIndex('test', reader);
  await expect(index.groups(database)).rejects.toThrow('away');
  reader.page = whole;
  expect((await index.remembered())?.count).toBe(4);
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

it('tells of the topics that can be counted, whatever becomes of others', async () => {
  const [missing, there] = ['missing', 'there'].map((name) => ({ name, deadLetters: name, partitions: 1, maxSizeBytes: 1_000 }));
  const away: DeadLetterReader = { ...aReader([]), page: () => Promise.reject(new Error('missing in Kafka')) };
  const indexOf = letterIndexes({ deadLettersOf: ({ name }) => (name === 'missing' ? away : aReader([aLetter(1)])) });
  expect(
    await openLetters(
      database,
      [missing, there].filter((topic) => topic !== undefined),
      indexOf,
    ),
  ).toEqual(new Map([['there', 1]]));
});
