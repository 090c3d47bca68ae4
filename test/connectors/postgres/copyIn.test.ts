import { beforeAll, beforeEach, expect, test } from 'vitest';
import { copyLine } from '../../../src/connectors/copyLine.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { aDatabase } from '../../support/services.ts';
import { open, throughProxy } from './aPostgres.ts';

const text = 'COPY bill (id, fee, note, is_paid, at, raw) FROM STDIN';
let url: string;
let database: PostgresDatabase;

beforeAll(async () => {
  url = await aDatabase();
  database = open(url);
  await database.execute('CREATE TABLE bill (id bigint PRIMARY KEY, fee numeric, note text, is_paid bool, at timestamptz, raw bytea)');
});

beforeEach(async () => {
  await database.execute('TRUNCATE bill');
});

const line = (id: number, note: string | null = 'x'): string => copyLine([id, 1n, note, false, new Date(0), null]);
const count = async (): Promise<unknown> => (await database.query('SELECT count(*) FROM bill'))[0]?.['count'];
const backend = async (of: PostgresDatabase): Promise<unknown> => (await of.query('SELECT pg_backend_pid() AS pid'))[0];

test('what copyLine wrote is read back as it was', async () => {
  const notes = ['', 'null', '\\N', 'tab\tnew\nline\rback\\slash\\t', '한글 🐳', '\\.', null, '\'"', ' '];
  const raw = Uint8Array.from([0, 92, 255]);
  const at = new Date('2025-03-09T07:30:00.125Z');
  const lines = notes.map((note, index) => copyLine([BigInt(index), 9007199254740993n, note, index % 2 === 0, at, raw]));
  expect(await database.withTransaction((transaction) => transaction.copyIn(text, lines))).toBe(notes.length);
  const rows = await database.query<{ note: string | null }>('SELECT * FROM bill ORDER BY id');
  expect(rows.map(({ note }) => note)).toEqual(notes);
  expect(rows[1]).toEqual({ id: 1n, fee: '9007199254740993', note: 'null', is_paid: false, at, raw: Buffer.from(raw) });
});

test('no lines are no rows', async () => {
  expect(await database.withTransaction((transaction) => transaction.copyIn(text, []))).toBe(0);
});

test('more than one piece, with letters on every border', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => line(index, '한글 🐳'.repeat(10)));
  const written = await database.withTransaction(async (transaction) => {
    const rows = await transaction.copyIn(text, lines);
    await transaction.execute('UPDATE bill SET fee = 2 WHERE id = 7');
    return rows;
  });
  expect(written).toBe(20_000);
  const [row] = await database.query('SELECT count(*), sum(fee), count(DISTINCT note) AS notes FROM bill');
  expect(row).toEqual({ count: 20_000n, sum: '20001', notes: 1n });
});

test.each([
  ['at the first line', [line(1), line(1)]],
  ['behind many pieces', [...Array.from({ length: 50_000 }, (_, index) => line(index)), line(7)]],
])('a refused row %s leaves nothing, and the connection is not used again', async (_, lines) => {
  const single = open(url, { maxConnections: 1 });
  const before = await backend(single);
  const work = single.withTransaction(async (transaction) => {
    await transaction.execute("INSERT INTO bill VALUES (-1, 1, 'x')");
    await transaction.copyIn(text, lines);
  });
  await expect(work).rejects.toMatchObject({ code: 'constraint', kind: 'permanent' });
  expect(await count()).toBe(0n);
  expect(await backend(single)).not.toEqual(before);
});

test('a table that is missing is an error at once', async () => {
  const work = database.withTransaction((transaction) => transaction.copyIn('COPY nowhere FROM STDIN', [line(1)]));
  await expect(work).rejects.toMatchObject({ code: 'schemaMismatch' });
});

test.each(['SELECT 1', 'COPY bill TO STDOUT', 'COPY bill FROM STDIN; SELECT 1'])('%s is refused: it takes no lines', async (other) => {
  const work = database.withTransaction((transaction) => transaction.copyIn(other, [line(1)]));
  await expect(work).rejects.toMatchObject({ code: 'defect' });
});

test('a server that stops answering in the middle is cut off, and nothing was written', async () => {
  const { proxy, url: proxied } = await throughProxy(url);
  const lost = open(proxied, { statementLimitMs: 500, answerLimitMs: 1_500 });
  const struck = proxy.strike('COPY bill', 'holeAfter');
  const lines = Array.from({ length: 100_000 }, (_, index) => line(index));
  const work = lost.withTransaction((transaction) => transaction.copyIn(text, lines));
  await expect(work).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  await struck;
  expect(await count()).toBe(0n);
});

test('a connection that is lost in the middle is unavailable, and nothing was written', async () => {
  const { proxy, url: proxied } = await throughProxy(url);
  const lost = open(proxied);
  void proxy.strike('note-70000', 'cutBefore');
  const lines = Array.from({ length: 100_000 }, (_, index) => line(index, `note-${index}`));
  const work = lost.withTransaction((transaction) => transaction.copyIn(text, lines));
  await expect(work).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  expect(await count()).toBe(0n);
});
