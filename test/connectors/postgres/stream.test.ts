import { beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../../../src/connectors/database.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { aDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { kill, open, throughProxy } from './aPostgres.ts';

const text = 'SELECT id, note FROM bill ORDER BY id';
const snapshot = { isolation: 'repeatableRead', timeLimitMs: 60_000 } as const;
let url: string;
let database: PostgresDatabase;

interface BillRow {
  readonly id: bigint;
  readonly note: string;
}

beforeAll(async () => {
  url = await aDatabase();
  database = open(url);
  await database.execute(`CREATE TABLE bill AS SELECT id::bigint, repeat('x', 100) AS note FROM generate_series(1, 10500) AS id`);
});

const nothing = (): Promise<void> => Promise.resolve();
const backend = async (of: PostgresDatabase | Transaction): Promise<unknown> => (await of.query('SELECT pg_backend_pid() AS pid'))[0];

test('all rows come once, in their order and by pages, and the transaction goes on behind them', async () => {
  const ids: bigint[] = [];
  const sizes = new Set<number>();
  const single = open(url, { maxConnections: 1 });
  const before = await backend(single);
  const counted = await single.withTransaction(async (transaction) => {
    await transaction.stream<BillRow>(text, 10_500n, (rows) => {
      ids.push(...rows.map(({ id }) => id));
      sizes.add(rows.length);
      return Promise.resolve();
    });
    return transaction.query('SELECT count(*) FROM bill');
  }, snapshot);
  expect(ids).toEqual(Array.from({ length: 10_500 }, (_, index) => BigInt(index + 1)));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
  expect(counted).toEqual([{ count: 10_500n }]);
  expect(await backend(single)).toEqual(before);
});

test('no rows are no page', async () => {
  const take = (): Promise<void> => Promise.reject(new Error('there is nothing to take'));
  await database.withTransaction(
    (transaction) => transaction.stream({ text: 'SELECT FROM bill WHERE id < $1', values: [0n] }, 0n, take),
    snapshot,
  );
});

test('the next page is asked for when the one before was taken', async () => {
  let taking = 0;
  let most = 0;
  await database.withTransaction(
    (transaction) =>
      transaction.stream(text, 10_500n, async () => {
        taking += 1;
        most = Math.max(most, taking);
        await Promise.resolve();
        taking -= 1;
      }),
    snapshot,
  );
  expect(most).toBe(1);
});

test('it sees one snapshot, whatever is written meanwhile', async () => {
  let rows = 0;
  let hasWritten = false;
  await database.withTransaction(async (transaction) => {
    const [row] = await transaction.query<{ count: bigint }>('SELECT count(*) FROM bill');
    await transaction.stream(text, row?.count ?? 0n, async (page) => {
      rows += page.length;
      if (!hasWritten) await database.execute(`INSERT INTO bill VALUES (20000, 'late')`);
      hasWritten = true;
    });
  }, snapshot);
  await database.execute('DELETE FROM bill WHERE id = 20000');
  expect(rows).toBe(10_500);
});

test.each([10_499n, 10_501n])('an end after another number of rows than were counted (%s) is not believed', async (count) => {
  const work = database.withTransaction((transaction) => transaction.stream(text, count, nothing), snapshot);
  await expect(work).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(`of ${count} rows`) as string });
});

test('whoever leaves early cuts the connection, gets their own error, and leaves nothing behind', async () => {
  const single = open(url, { maxConnections: 1 });
  const before = await backend(single);
  const work = single.withTransaction(async (transaction) => {
    await transaction.execute(`INSERT INTO bill VALUES (-1, 'x')`);
    await transaction.stream(text, 10_501n, () => Promise.reject(new Error('enough')));
  }, snapshot);
  await expect(work).rejects.toThrow('enough');
  expect(await single.query('SELECT FROM bill WHERE id = -1')).toEqual([]);
  expect(await backend(single)).not.toEqual(before);
});

test('a statement that is wrong, or fails half-way, is told as itself', async () => {
  const run = (statement: string): Promise<void> =>
    database.withTransaction((transaction) => transaction.stream(statement, 1n, nothing), snapshot);
  await expect(run('SELECT FROM nowhere')).rejects.toMatchObject({ code: 'schemaMismatch' });
  await expect(run('SELECT 1 / (9000 - id) AS one FROM bill ORDER BY id')).rejects.toMatchObject({ code: 'constraint' });
});

test('a server that falls silent between two pages is cut off after the limit', async () => {
  const { proxy, url: through } = await throughProxy(url);
  const far = open(through, { statementLimitMs: 100, answerLimitMs: 300, maxConnections: 1 });
  const work = far.withTransaction(
    (transaction) =>
      transaction.stream(text, 10_500n, () => {
        proxy.hole();
        return Promise.resolve();
      }),
    snapshot,
  );
  await expect(work).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  proxy.pass();
  await until('the pool has a sound connection again', async () => (await far.query('SELECT 1 AS one')).length === 1);
});

test.each(['the connection is cut', 'the backend is killed'])('where %s between two pages, the stream ends with it', async (how) => {
  const { proxy, url: through } = await throughProxy(url);
  const far = open(through, { maxConnections: 1, applicationName: 'streaming' });
  const work = far.withTransaction(
    (transaction) =>
      transaction.stream(text, 10_500n, async () => {
        if (how === 'the connection is cut') proxy.cut();
        else await kill(database, 'streaming');
      }),
    snapshot,
  );
  await expect(work).rejects.toMatchObject({ code: 'unavailable' });
  expect(await far.query('SELECT 1 AS one')).toHaveLength(1);
});
