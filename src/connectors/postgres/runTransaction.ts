import { WeirError } from '../../errors.ts';
import type { Transaction, TransactionOptions } from '../database.ts';
import type { Connection } from './connection.ts';
import type { DatabaseSettings } from './databaseOptions.ts';
import { openTransaction } from './transaction.ts';

/** What became of one try of a transaction: the value of its work, or why it was rolled back. */
export type Attempt<T> =
  | { readonly isCommitted: true; readonly value: T }
  /** `error` goes to the caller; `failure` is the statement's error behind it, where there was one. */
  | { readonly isCommitted: false; readonly error: unknown; readonly failure: unknown };

/**
 * Runs `work` between BEGIN and COMMIT on one connection: the only place that says either. The server answers COMMIT of an
 * aborted transaction without an error, with the tag ROLLBACK; here that is an error.
 *
 * After it the connection is in no transaction, or not sound.
 */
export async function runTransaction<T>(
  connection: Connection,
  work: (transaction: Transaction) => Promise<T>,
  settings: DatabaseSettings,
  options: TransactionOptions,
): Promise<Attempt<T>> {
  const limitMs = answerLimitMs(settings, options);
  let transaction;
  try {
    await connection.run({ text: begin(options) }, { phase: 'transaction', limitMs });
    transaction = openTransaction(connection, limitMs, settings.answerLimitMs);
    const value = await work(transaction.port);
    await transaction.finish();
    await commit(connection, limitMs, transaction.failure());
    return { isCommitted: true, value };
  } catch (error) {
    await transaction?.abandon();
    await rollBack(connection, limitMs);
    return { isCommitted: false, error, failure: transaction?.failure() ?? error };
  }
}

function begin(options: TransactionOptions): string {
  const opening = options.isolation === undefined ? 'BEGIN' : 'BEGIN ISOLATION LEVEL REPEATABLE READ';
  const { timeLimitMs, statementLimitMs = timeLimitMs } = options;
  const limits = [
    ...(timeLimitMs === undefined ? [] : [`SET LOCAL transaction_timeout = ${wholeMs(timeLimitMs)}`]),
    ...(statementLimitMs === undefined ? [] : [`SET LOCAL statement_timeout = ${wholeMs(statementLimitMs)}`]),
  ];
  return [opening, ...limits].join('; ');
}

/** 0 would be no limit. */
function wholeMs(limitMs: number): number {
  return Math.max(1, Math.ceil(limitMs));
}

/** Always above the server's own limit, so that the server gives up first. */
function answerLimitMs(settings: DatabaseSettings, options: TransactionOptions): number {
  if (options.timeLimitMs === undefined) return settings.answerLimitMs;
  return options.timeLimitMs + settings.answerLimitMs - settings.statementLimitMs;
}

async function commit(connection: Connection, limitMs: number, failure: Error | undefined): Promise<void> {
  const { command } = await connection.run({ text: 'COMMIT' }, { phase: 'commit', limitMs });
  if (command === 'COMMIT') return;
  throw failure ?? new WeirError('defect', `PostgreSQL answered COMMIT with ${command}: nothing was written.`);
}

async function rollBack(connection: Connection, limitMs: number): Promise<void> {
  // What is in doubt is cut by the pool, and the server rolls it back.
  if (connection.isSound || connection.isDoubtful) return;
  await connection.run({ text: 'ROLLBACK' }, { phase: 'transaction', limitMs }).catch(() => connection.destroy());
}
