import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Queryable, Transaction } from '../../../src/connectors/database.ts';
import { fireSchedule } from '../../../src/runtime/schedules/fireSchedule.ts';
import { openPool } from '../jobs/copyJob.ts';
import { aLedger, aSchedule, patternOf, seoul, type Ledger } from './aLedger.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await aLedger();
});

beforeEach(async () => {
  await ledger.database.execute('TRUNCATE weir.schedule, weir.schedule_fire, weir.job_run, weir.audit CASCADE');
});

/** A database whose process dies after a number of statements: the server loses the connection, as it does after a SIGKILL. */
function mortal(statements: number): { readonly database: Database; readonly count: () => number } {
  const pool = openPool(ledger.url);
  let count = 0;
  const within = async <T>(transaction: Transaction, statement: () => Promise<T>): Promise<T> => {
    const answer = await statement();
    count += 1;
    if (count === statements) await transaction.execute('SELECT pg_terminate_backend(pg_backend_pid())');
    return answer;
  };
  const withTransaction: Database['withTransaction'] = (work) =>
    pool.withTransaction((transaction) =>
      work({
        copyIn: (text, lines) => transaction.copyIn(text, lines),
        stream: (statement, count, take) => transaction.stream(statement, count, take),
        query: <R extends object>(statement: Parameters<Queryable['query']>[0]) =>
          within(transaction, () => transaction.query<R>(statement)),
        execute: (statement) => within(transaction, () => transaction.execute(statement)),
      }),
    );
  return { database: { ...pool, withTransaction }, count: () => count };
}

describe('a process that dies while it fires', () => {
  // A change of the pattern and two fires, one of which waits for work that comes first: every statement that there is.
  const first = aSchedule({ name: 'test.first', job: 'test.first' });
  const schedule = aSchedule({ overlap: 'wait', after: ['test.first'] });
  const request = {
    schedule,
    planVersion: 1,
    now: seoul('2026-11-02T06:00'),
    wanted: { ...patternOf(schedule), cron: '0 12 * * *' },
    holder: 'process a',
  };

  async function whole(): Promise<void> {
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
    expect(await ledger.runs()).toEqual(['2026-11-02T00:00 PLANNING']);
    const rows = await ledger.database.query(`SELECT cron, handled_until FROM weir.schedule WHERE name = 'test.nightly'`);
    expect(rows).toEqual([{ cron: '0 12 * * *', handled_until: request.now }]);
    expect(await ledger.database.query('SELECT target FROM weir.audit')).toEqual([{ target: 'test.nightly' }]);
  }

  it('leaves nothing of it, whichever statement was its last, and another fires it whole', async () => {
    const living = mortal(Infinity);
    await ledger.look(first, '2026-11-02T01:00');
    await ledger.look(schedule, '2026-11-01T12:00');
    await fireSchedule(living.database, request);
    await whole();
    expect(living.count()).toBeGreaterThan(6);
    for (let statements = 1; statements <= living.count(); statements += 1) {
      await ledger.database.execute('TRUNCATE weir.schedule, weir.schedule_fire, weir.job_run, weir.audit CASCADE');
      await ledger.look(first, '2026-11-02T01:00');
      await ledger.look(schedule, '2026-11-01T12:00');
      await expect(fireSchedule(mortal(statements).database, request)).rejects.toBeDefined();
      expect(await ledger.fires()).toEqual([]);
      expect(await ledger.runs()).toEqual([]);
      expect(await ledger.database.query('SELECT FROM weir.audit')).toEqual([]);
      await fireSchedule(ledger.database, request);
      await whole();
    }
  });
});
