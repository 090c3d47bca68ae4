import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { kill, open, throughProxy } from './aPostgres.ts';

let url: string;
let database: PostgresDatabase;

beforeAll(async () => {
  url = await aDatabase();
  database = open(url);
  await database.execute('CREATE TABLE note (id bigint PRIMARY KEY, amount numeric, text text NOT NULL)');
});

const count = async (): Promise<bigint> => (await database.query<{ count: bigint }>('SELECT count(*) FROM note'))[0]?.count ?? -1n;

test('numbers that hold money arrive exactly: bigint as bigint, numeric as text, arrays of them alike', async () => {
  const [row] = await database.query(`SELECT 9007199254740993::bigint AS int8, 0.10::numeric AS numeric,
    '{0.10,NULL,12345678901234567890.5}'::numeric[] AS numerics, '{{1,2},{NULL,9007199254740993}}'::bigint[] AS int8s, sum(2::bigint)`);
  expect(row).toEqual({
    int8: 9007199254740993n,
    numeric: '0.10',
    numerics: ['0.10', null, '12345678901234567890.5'],
    int8s: [
      [1n, 2n],
      [null, 9007199254740993n],
    ],
    sum: '2',
  });
});

test.each(['Asia/Seoul', 'America/New_York'])('dates and times without zone are text in a process of zone %s', async (zone) => {
  // A process of its own: a thread cannot change its zone.
  const script = `
    const { openDatabase } = await import('./src/connectors/postgres/openDatabase.ts');
    const { realClock } = await import('./src/runtime/clock.ts');
    const database = openDatabase({ url: ${JSON.stringify(url)}, clock: realClock });
    const [row] = await database.query({
      text: \`SELECT date '2025-03-09' AS day, timestamp '2025-03-09 02:30:00' AS local, '{2025-03-09}'::date[] AS days,
        '{2025-03-09 02:30:00}'::timestamp[] AS locals, $1::timestamptz AS instant, $2::timestamp AS written\`,
      values: [new Date('2025-03-09T07:30:00.125Z'), new Date('2025-03-09T07:30:00.125Z')],
    });
    await database.close();
    process.stdout.write(JSON.stringify({ ...row, isInUtc: new Date().getTimezoneOffset() === 0 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, TZ: zone },
  });
  expect(JSON.parse(stdout)).toEqual({
    isInUtc: false,
    day: '2025-03-09',
    local: '2025-03-09 02:30:00',
    days: ['2025-03-09'],
    locals: ['2025-03-09 02:30:00'],
    instant: '2025-03-09T07:30:00.125Z',
    written: '2025-03-09 07:30:00.125',
  });
});

test('the same statement of another user of the client library keeps that user’s parsers', async () => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT 1::bigint AS one');
  await client.end();
  expect(rows).toEqual([{ one: '1' }]);
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [[1, Number.NaN]]])('%s is refused as a parameter', async (value) => {
  await expect(database.query({ text: 'SELECT $1::text', values: [value] })).rejects.toMatchObject({ code: 'defect' });
});

test('execute tells how many rows were touched', async () => {
  expect(await database.execute("INSERT INTO note SELECT g, 1, 'x' FROM generate_series(1, 3) g")).toBe(3);
  expect(await database.execute('DELETE FROM note')).toBe(3);
});

test('a row that the database refuses is told by table, column and constraint, never by its values', async () => {
  await database.execute("INSERT INTO note VALUES (1, 1, 'secret')");
  const insert = database.execute("INSERT INTO note VALUES (1, 1, 'secret')");
  const error: unknown = await insert.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'constraint', kind: 'permanent' });
  const text = await database.execute("INSERT INTO note VALUES ('secret', 1, '')").catch((reason: unknown) => reason);
  expect(text).toMatchObject({ code: 'constraint' });
  const { inspect } = await import('node:util');
  expect(inspect(error)).toContain('table public.note, constraint note_pkey');
  for (const shown of [error, text]) expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain('secret');
  await database.execute('DELETE FROM note');
});

test('a statement that is wrong is a mistake in the program and quotes what is wrong', async () => {
  const error: unknown = await database.query('SELECT id FRM note WHERE').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'defect', message: expect.stringContaining('syntax error at or near') as string });
});

test.each(['BEGIN', ' start transaction', '/* x */ COMMIT', '-- x\nROLLBACK', 'END', "PREPARE TRANSACTION 'x'"])(
  '%s is refused outside withTransaction',
  async (text) => {
    await expect(database.execute(text)).rejects.toMatchObject({ code: 'defect' });
  },
);

test('a transaction that a statement left open is rolled back and never handed to the next user', async () => {
  const single = open(url, { maxConnections: 1 });
  await expect(single.execute("INSERT INTO note VALUES (2, 1, 'x'); BEGIN; INSERT INTO note VALUES (3, 1, 'x')")).rejects.toMatchObject({
    code: 'defect',
  });
  await expect(single.execute('SELECT 1; BEGIN; SELECT 1/0')).rejects.toMatchObject({ code: 'constraint' });
  const [row] = await single.query('SELECT now() = statement_timestamp() AS alone');
  expect(row).toEqual({ alone: true });
  expect(await count()).toBe(0n);
});

test('waiting for a connection of a busy pool is bounded, and nothing was written', async () => {
  const single = open(url, { maxConnections: 1, connectLimitMs: 50 });
  // To open it may take longer on a busy machine.
  await until('its connection is open', () => single.query('SELECT 1'));
  const [inside, release] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const busy = single.withTransaction(() => {
    inside.resolve(undefined);
    return release.promise;
  });
  await inside.promise;
  await expect(single.execute("INSERT INTO note VALUES (4, 1, 'x')")).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  release.resolve(undefined);
  await busy;
  expect(await count()).toBe(0n);
});

test('a statement that takes too long is ended by the server, and nothing of it is written', async () => {
  const hasty = open(url, { statementLimitMs: 50 });
  const insert = hasty.execute("INSERT INTO note SELECT 5, 1, 'x' FROM pg_sleep(20)");
  await expect(insert).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  expect(await hasty.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a lock that is not free in time is a conflict', async () => {
  await database.execute("INSERT INTO note VALUES (6, 1, 'x')");
  const impatient = open(url, { lockLimitMs: 50 });
  await database.withTransaction(async (transaction) => {
    await transaction.execute('UPDATE note SET amount = 2 WHERE id = 6');
    await expect(impatient.execute('UPDATE note SET amount = 3 WHERE id = 6')).rejects.toMatchObject({ code: 'conflict' });
  });
  await database.execute('DELETE FROM note');
});

test('a server that accepts and never answers: a write is unknown, a read is not, and the next call has a new connection', async () => {
  const { proxy, url: proxied } = await throughProxy(url);
  const limits = { statementLimitMs: 500, answerLimitMs: 1_000, maxConnections: 2 };
  const lost = open(proxied, limits);
  await lost.query('SELECT 1');
  proxy.hole();
  await expect(lost.execute("INSERT INTO note VALUES (7, 1, 'x')")).rejects.toMatchObject({ code: 'timedOut', kind: 'unknown' });
  await expect(lost.query('SELECT 1')).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  await expect(lost.reach(100)).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  proxy.pass();
  expect(await lost.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  proxy.hole();
  await expect(lost.query('SELECT 1')).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
});

test('an answer that never comes: the write may have been carried out, so its fate is unknown', async () => {
  const { proxy, url: proxied } = await throughProxy(url);
  const lost = open(proxied, { statementLimitMs: 500, answerLimitMs: 1_000 });
  const struck = proxy.strike('INSERT', 'holeAfter');
  await expect(lost.execute("INSERT INTO note VALUES (8, 1, 'x')")).rejects.toMatchObject({ code: 'timedOut', kind: 'unknown' });
  await struck;
  expect(await count()).toBe(1n);
  await database.execute('DELETE FROM note');
});

test.each([
  ['cutBefore', 0n],
  ['cutAfter', 1n],
] as const)('a connection lost under a write (%s) leaves its fate unknown', async (how, written) => {
  const { proxy, url: proxied } = await throughProxy(url);
  const lost = open(proxied);
  void proxy.strike('INSERT', how);
  await expect(lost.execute("INSERT INTO note VALUES (9, 1, 'x')")).rejects.toMatchObject({ code: 'outcomeUnknown', kind: 'unknown' });
  expect(await count()).toBe(written);
  void proxy.strike('SELECT', how);
  await expect(lost.query('SELECT 1')).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  await database.execute('DELETE FROM note');
});

test('a connection that is killed while it waits in the pool is told and replaced', async () => {
  const told: string[] = [];
  const victim = open(url, { applicationName: 'idle-victim', maxConnections: 1, onConnectionLost: ({ code }) => told.push(code) });
  await victim.query('SELECT 1');
  expect(await kill(database, 'idle-victim')).toBe(1);
  await until('the loss is told', () => told.length > 0);
  expect(told).toEqual(['unavailable']);
  expect(await victim.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a server that refuses is unavailable, a wrong user is refused until somebody sets it right', async () => {
  const nobody = open('postgres://weir:x@127.0.0.1:1/postgres');
  await expect(nobody.query('SELECT 1')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
  const stranger = new URL(url);
  stranger.username = 'stranger';
  await expect(open(stranger.href).query('SELECT 1')).rejects.toMatchObject({ code: 'refused', kind: 'transient' });
});

test('it is reachable although its pool is busy', async () => {
  const single = open(url, { maxConnections: 1 });
  await single.withTransaction(async () => {
    await single.reach(2000);
  });
});

test('close waits for work in flight, then leaves no connection behind and takes no more', async () => {
  const closing = openDatabase({ url, clock: realClock, applicationName: 'closing' });
  const inside = Promise.withResolvers<undefined>();
  const work = closing.withTransaction(async (transaction) => {
    inside.resolve(undefined);
    await transaction.execute("INSERT INTO note SELECT 10, 1, 'x' FROM pg_sleep(0.1)");
  });
  await inside.promise;
  await Promise.all([closing.close(), work]);
  await expect(closing.query('SELECT 1')).rejects.toMatchObject({ code: 'cancelled' });
  expect(await count()).toBe(1n);
  const left = (): Promise<readonly unknown[]> => database.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'closing'");
  await until('the server has none left', async () => (await left()).length === 0);
  await database.execute('DELETE FROM note');
});

test('close cuts what does not end within its limit', async () => {
  const closing = openDatabase({ url, clock: realClock, closeLimitMs: 50 });
  const stuck = closing.execute('SELECT pg_sleep(8)');
  const failed = expect(stuck).rejects.toMatchObject({ code: 'unavailable' });
  await until(
    'it runs',
    async () => (await database.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(8)'")).length === 1,
  );
  await closing.close();
  await failed;
});

test('limits that contradict each other are refused', () => {
  expect(() => openDatabase({ url, clock: realClock, statementLimitMs: 20_000 })).toThrow('must be above');
});

test('a migration under a prepared statement costs one transient error, and a transaction not even that', async () => {
  const single = open(url, { maxConnections: 1 });
  const prepared = { text: 'SELECT * FROM note', name: 'notes' };
  await single.query(prepared);
  await database.execute('ALTER TABLE note ADD COLUMN more text');
  await expect(single.query(prepared)).rejects.toMatchObject({ code: 'conflict', kind: 'transient' });
  expect(await single.query(prepared)).toEqual([]);
  await database.execute('ALTER TABLE note DROP COLUMN more');
  expect(await single.withTransaction((transaction) => transaction.query(prepared))).toEqual([]);
});

test('a transaction that the work leaves waiting too long is ended by the server', async () => {
  const idle = open(url, { idleInTransactionLimitMs: 50, applicationName: 'idle' });
  const work = idle.withTransaction(async (transaction) => {
    await transaction.execute("INSERT INTO note VALUES (11, 1, 'x')");
    await until(
      'it ended',
      async () => (await database.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'idle'")).length === 0,
    );
    await transaction.query('SELECT 1');
  });
  await expect(work).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  expect(await count()).toBe(0n);
});

test('a server whose zone and style of dates are others is read alike', async () => {
  await database.execute('ALTER DATABASE ' + new URL(url).pathname.slice(1) + " SET TimeZone = 'Asia/Seoul'");
  await database.execute('ALTER DATABASE ' + new URL(url).pathname.slice(1) + " SET DateStyle = 'German'");
  const [row] = await open(url).query("SELECT '2025-03-09 20:00:00+00'::timestamptz::date AS day");
  expect(row).toEqual({ day: '2025-03-09' });
});
