import { WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import { pause } from '../../message/pause.ts';
import type { Database, Statement, Transaction, TransactionOptions } from '../database.ts';
import type { Connection } from './connection.ts';
import { type ConnectionPool, openPool } from './connectionPool.ts';
import { type DatabaseOptions, type DatabaseSettings, databaseSettings } from './databaseOptions.ts';
import { openOwnConnection } from './ownConnection.ts';
import { runTransaction } from './runTransaction.ts';
import { type Listener, startListener } from './startListener.ts';
import { isRead, toQuery } from './statement.ts';
import { sqlFailureOf } from './translateError.ts';

/** Before a transaction runs again that another one stood in the way of. */
const betweenRuns = { firstMs: 10, maxMs: 1000 };

/** A database, and whether it answers. */
export interface PostgresDatabase extends Database {
  /** Resolves when a connection of its own, outside the pool, is made and answered within `limitMs`. Rejects with a `WeirError` that says why not. */
  reach(limitMs: number): Promise<void>;
}

type Result = Awaited<ReturnType<Connection['run']>>;

/** Opens a PostgreSQL database. Connects when it is first used; every wait in it has a limit. */
export function openDatabase(options: DatabaseOptions): PostgresDatabase {
  const settings = databaseSettings(options);
  const pool = openPool(settings);
  const listeners = new Set<Listener>();

  return {
    query: async <R extends object>(statement: Statement | string) => (await runAlone(pool, settings, statement)).rows as readonly R[],
    execute: async (statement) => (await runAlone(pool, settings, statement)).rowCount ?? 0,
    withTransaction: (work, transactionOptions = {}) => runAgain(pool, settings, work, transactionOptions),
    listen: (channel, wake) => {
      const listener = startListener(settings, channel, wake);
      listeners.add(listener);
      return () => {
        listener.end();
        void listener.ended.then(() => listeners.delete(listener));
      };
    },
    reach: (limitMs) => reach(settings, limitMs),
    close: async () => {
      for (const listener of listeners) listener.end();
      await Promise.all([pool.close(), ...[...listeners].map(({ ended }) => ended)]);
    },
  };
}

/** Runs a statement by itself: it commits by itself. */
async function runAlone(pool: ConnectionPool, settings: DatabaseSettings, statement: Statement | string): Promise<Result> {
  const query = toQuery(statement);
  return await pool.lend(async (connection) => {
    const phase = isRead(query.text) ? 'read' : 'write';
    const result = await connection.run(query, { phase, limitMs: settings.answerLimitMs });
    if (connection.isInTransaction) throw new WeirError('defect', 'A statement left a transaction open; it was rolled back.');
    return result;
  });
}

/** Runs a transaction until it commits, or fails for a reason that would come again. */
async function runAgain<T>(
  pool: ConnectionPool,
  settings: DatabaseSettings,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await pool.lend((connection) => runTransaction(connection, work, settings, options));
    if (result.isCommitted) return result.value;
    if (sqlFailureOf(result.failure)?.isRerunnable !== true || attempt > settings.maxConflictRetries) throw result.error;
    await pause(settings.clock, backOffMs(betweenRuns, attempt, settings.clock));
  }
}

async function reach(settings: DatabaseSettings, limitMs: number): Promise<void> {
  const startMs = settings.clock.elapsedMs();
  const { connection, end } = await openOwnConnection(settings, { connectionTimeoutMillis: limitMs });
  const leftMs = Math.max(0, limitMs - (settings.clock.elapsedMs() - startMs));
  await connection.run({ text: 'SELECT 1' }, { phase: 'read', limitMs: leftMs }).finally(end);
}
