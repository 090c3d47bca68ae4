import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { aDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { kill, open, throughProxy } from './aPostgres.ts';

let url: string;
let database: PostgresDatabase;

beforeAll(async () => {
  url = await aDatabase();
  database = open(url);
  await database.execute('CREATE TABLE account (id bigint PRIMARY KEY, amount bigint NOT NULL CHECK (amount >= 0))');
  await database.execute('CREATE TABLE due (id bigint REFERENCES account DEFERRABLE INITIALLY DEFERRED)');
});

beforeEach(async () => {
  await database.execute('TRUNCATE account, due; INSERT INTO account VALUES (1, 100), (2, 100)');
});

const amounts = async (): Promise<readonly bigint[]> =>
  (await database.query<{ amount: bigint }>('SELECT amount FROM account ORDER BY id')).map(({ amount }) => amount);
const add = (id: number, amount: number): { text: string; values: unknown[] } => ({
  text: 'UPDATE account SET amount = amount + $2 WHERE id = $1',
  values: [id, amount],
});

test('what the work wrote is committed and its value returned', async () => {
  const value = await database.withTransaction(async (transaction) => {
    await transaction.execute(add(1, -10));
    await transaction.execute(add(2, 10));
    return 'moved';
  });
  expect(value).toBe('moved');
  expect(await amounts()).toEqual([90n, 110n]);
});

test('work that throws writes nothing, its own error comes out, and the connection is used again', async () => {
  const single = open(url, { maxConnections: 1 });
  const backend = async (): Promise<unknown> => (await single.query('SELECT pg_backend_pid() AS pid'))[0];
  const before = await backend();
  const failure = new Error('no');
  const work = single.withTransaction(async (transaction) => {
    await transaction.execute(add(1, 1));
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  expect(await amounts()).toEqual([100n, 100n]);
  expect(await backend()).toEqual(before);
});

test('COMMIT of an aborted transaction, which the server answers without an error, is the error of its statement', async () => {
  const work = database.withTransaction(async (transaction) => {
    await transaction.execute(add(1, 1));
    await transaction.execute(add(2, -1000)).catch(() => undefined);
    return 'booked';
  });
  await expect(work).rejects.toMatchObject({ code: 'constraint', message: expect.stringContaining('account_amount_check') as string });
  expect(await amounts()).toEqual([100n, 100n]);
});

test('a statement after a failed one reports the failure, not its echo', async () => {
  const work = database.withTransaction(async (transaction) => {
    await transaction.execute(add(2, -1000)).catch(() => undefined);
    await transaction.execute(add(1, 1));
  });
  await expect(work).rejects.toMatchObject({ code: 'constraint' });
});

test('a savepoint may be rolled back to, and the rest is committed', async () => {
  await database.withTransaction(async (transaction) => {
    await transaction.execute(add(1, 1));
    await transaction.execute('SAVEPOINT before');
    await transaction.execute(add(2, -1000)).catch(() => undefined);
    await transaction.execute('ROLLBACK TO before');
  });
  expect(await amounts()).toEqual([101n, 100n]);
});

test('a constraint that is checked at COMMIT is an error, and the connection is used again', async () => {
  const work = database.withTransaction((transaction) => transaction.execute('INSERT INTO due VALUES (99)'));
  await expect(work).rejects.toMatchObject({ code: 'constraint', kind: 'permanent' });
  expect(await database.query('SELECT * FROM due')).toEqual([]);
});

test('statements that are issued together run one after another, without the client’s own queue', async () => {
  const warnings: string[] = [];
  const warn = (warning: Error): unknown => warnings.push(warning.message);
  process.on('warning', warn);
  const seen: unknown[] = [];
  await database.withTransaction(async (transaction) => {
    await Promise.all([
      transaction.query('SELECT pg_sleep(0.05)').then(() => seen.push('slow')),
      transaction.execute(add(1, 1)).then(() => seen.push('quick')),
      transaction.execute(add(1, 1)).then(() => seen.push('quick')),
    ]);
  });
  process.off('warning', warn);
  expect(seen).toEqual(['slow', 'quick', 'quick']);
  expect(await amounts()).toEqual([102n, 100n]);
  expect(warnings).toEqual([]);
});

test('of statements that are issued together the later ones are not sent when one fails, and report its error', async () => {
  await database.execute('CREATE SEQUENCE sent');
  const later: unknown[] = [];
  const work = database.withTransaction(async (transaction) => {
    const first = transaction.execute(add(1, -1000));
    const second = transaction.query("SELECT nextval('sent')").catch((error: unknown) => later.push(error));
    await Promise.all([first, second]);
  });
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'constraint' });
  await until('the second is refused', () => later.length === 1);
  expect(later[0]).toBe(error);
  expect(await database.query('SELECT is_called FROM sent')).toEqual([{ is_called: false }]);
});

test('statements that nobody awaited belong to the transaction', async () => {
  await database.withTransaction((transaction) => {
    void transaction.execute(add(1, 1));
    void transaction.execute(add(1, 1));
    void transaction.execute(add(2, 1));
    return Promise.resolve();
  });
  expect(await amounts()).toEqual([102n, 101n]);
});

test.each([[() => Promise.resolve()], [() => Promise.reject(new Error('no'))]])(
  'a statement after the end of its transaction is refused: %s',
  async (end) => {
    let kept: (() => Promise<number>) | undefined;
    const work = database.withTransaction(async (transaction) => {
      kept = () => transaction.execute(add(2, 1));
      await end();
    });
    await work.catch(() => undefined);
    await expect(kept?.()).rejects.toMatchObject({ code: 'defect' });
    expect(await amounts()).toEqual([100n, 100n]);
  },
);

test.each(['COMMIT', 'ROLLBACK', 'BEGIN'])('%s inside the work is refused and fails the transaction', async (text) => {
  const work = database.withTransaction(async (transaction) => {
    await transaction.execute(add(1, 1));
    await transaction.execute(text);
  });
  await expect(work).rejects.toMatchObject({ code: 'defect' });
  expect(await amounts()).toEqual([100n, 100n]);
});

test('a deadlock runs the whole of the loser again', async () => {
  let tries = 0;
  const bothHold = Promise.withResolvers<undefined>();
  let holding = 0;
  const move = (from: number, to: number): Promise<void> =>
    database.withTransaction(async (transaction) => {
      tries += 1;
      await transaction.execute(add(from, -10));
      holding += 1;
      if (holding === 2) bothHold.resolve(undefined);
      await bothHold.promise;
      await transaction.execute(add(to, 10));
    });
  await Promise.all([move(1, 2), move(2, 1)]);
  expect(tries).toBe(3);
  expect(await amounts()).toEqual([100n, 100n]);
});

test('a serialisation failure runs again, a bounded number of times', async () => {
  let tries = 0;
  const work = open(url, { maxConflictRetries: 2 }).withTransaction(async (transaction) => {
    tries += 1;
    await transaction.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await transaction.query('SELECT amount FROM account');
    await database.execute(add(1, 1));
    await transaction.execute(add(1, 1));
  });
  await expect(work).rejects.toMatchObject({ code: 'conflict', kind: 'transient' });
  expect(tries).toBe(3);
  expect(await amounts()).toEqual([103n, 100n]);
});

test('a transaction that takes longer than its limit is ended by the server and writes nothing', async () => {
  const work = database.withTransaction(
    async (transaction) => {
      await transaction.execute(add(1, 1));
      await transaction.query('SELECT pg_sleep(20)');
    },
    { timeLimitMs: 100 },
  );
  await expect(work).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  const idle = database.withTransaction(
    async (transaction) => {
      await transaction.execute(add(1, 1));
      await until(
        'the server ended it',
        async () =>
          (await database.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")).length ===
          0,
      );
      await transaction.execute(add(1, 1));
    },
    { timeLimitMs: 100 },
  );
  await expect(idle).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  expect(await amounts()).toEqual([100n, 100n]);
});

test('the limit of one transaction does not stay with its connection', async () => {
  const single = open(url, { maxConnections: 1 });
  await single.withTransaction((transaction) => transaction.execute(add(1, 1)), { timeLimitMs: 5000 });
  const [row] = await single.query("SELECT current_setting('transaction_timeout') AS t, current_setting('statement_timeout') AS s");
  expect(row).toEqual({ t: '0', s: '10s' });
});

test('a limit above that of a statement holds for the statements too', async () => {
  const hasty = open(url, { statementLimitMs: 500, answerLimitMs: 1_000 });
  await hasty.withTransaction((transaction) => transaction.query('SELECT pg_sleep(1.2)'), { timeLimitMs: 5000 });
});

test('a connection that is killed in the middle leaves nothing: transient, and the process lives', async () => {
  const victim = open(url, { applicationName: 'victim' });
  const work = victim.withTransaction(async (transaction) => {
    await transaction.execute(add(1, 1));
    expect(await kill(database, 'victim')).toBe(1);
    await transaction.execute(add(2, 1));
  });
  await expect(work).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  expect(await amounts()).toEqual([100n, 100n]);
  expect(await victim.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a connection that is killed while the work is elsewhere fails the COMMIT as not carried out', async () => {
  const victim = open(url, { applicationName: 'victim2' });
  const work = victim.withTransaction(async (transaction) => {
    await transaction.execute(add(1, 1));
    await kill(database, 'victim2');
    await until(
      'it is gone',
      async () => (await database.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'victim2'")).length === 0,
    );
    await new Promise((resolve) => setImmediate(resolve));
  });
  await expect(work).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
  expect(await amounts()).toEqual([100n, 100n]);
});

test.each([
  ['cutBefore', [100n, 100n]],
  ['cutAfter', [101n, 100n]],
  ['holeAfter', [101n, 100n]],
] as const)('a connection lost in COMMIT (%s) leaves its fate unknown and is not run again', async (how, expected) => {
  const { proxy, url: proxied } = await throughProxy(url);
  const lost = open(proxied, { statementLimitMs: 500, answerLimitMs: 1_500, maxConnections: 1 });
  void proxy.strike('COMMIT', how);
  let tries = 0;
  const work = lost.withTransaction(async (transaction) => {
    tries += 1;
    await transaction.execute(add(1, 1));
  });
  await expect(work).rejects.toMatchObject({ code: 'outcomeUnknown', kind: 'unknown' });
  expect(tries).toBe(1);
  expect(await amounts()).toEqual(expected);
  expect(await lost.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});
