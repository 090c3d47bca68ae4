import { WeirError } from '../../errors.ts';
import type { Statement, TakeRows, Transaction } from '../database.ts';
import type { CallOptions, Connection } from './connection.ts';
import { toQuery } from './statement.ts';
import { sqlFailureOf } from './translateError.ts';

const transactionAborted = '25P02';

/** What `work` sees of its transaction, and what its owner needs to end it. */
export interface OpenTransaction {
  readonly port: Transaction;
  /** The first error of a statement. */
  failure(): Error | undefined;
  /** Lets the statements that were issued run to their end, then takes no more. */
  finish(): Promise<void>;
  /** Takes no more statements, drops those that wait, and lets the one that runs come to its end. */
  abandon(): Promise<void>;
}

/**
 * The statements of one transaction, one after another: a second one that is issued while one runs waits for it, and is not
 * sent when that one fails. (Sent together, the later ones would run in an aborted transaction and report its echo.) Answers have
 * `limitMs`, pages of a stream `pageLimitMs`.
 */
export function openTransaction(connection: Connection, limitMs: number, pageLimitMs: number): OpenTransaction {
  const options: CallOptions = { phase: 'transaction', limitMs };
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let failure: Error | undefined;
  let failures = 0;

  async function whenFree<T>(work: () => Promise<T>, failuresBefore: number): Promise<T> {
    // Its caller did not know of the failure: a savepoint may have been meant to cover it.
    if (failure !== undefined && failures > failuresBefore) throw failure;
    if (isClosed) throw new WeirError('defect', 'A statement was issued after the end of its transaction.');
    try {
      return await work();
    } catch (error) {
      failures += 1;
      if (error instanceof Error) failure ??= error;
      throw sqlFailureOf(error)?.sqlState === transactionAborted ? failure : error;
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const failuresBefore = failures;
    const result = last.then(() => whenFree(work, failuresBefore));
    last = result.catch(() => undefined);
    return result;
  }

  return {
    port: {
      query: <R extends object>(statement: Statement | string) =>
        inTurn(async () => (await connection.run(toQuery(statement), options)).rows as readonly R[]),
      execute: (statement) => inTurn(async () => (await connection.run(toQuery(statement), options)).rowCount ?? 0),
      copyIn: (text, lines) => inTurn(() => connection.copy(text, lines, options)),
      stream: <R extends object>(statement: Statement | string, count: bigint, take: TakeRows<R>) =>
        inTurn(async () => {
          const hand = (rows: readonly unknown[]): Promise<void> => take(rows as readonly R[]);
          const streamed = await connection.stream(toQuery(statement), hand, { phase: 'transaction', limitMs: pageLimitMs });
          if (streamed !== count) throw new WeirError('unavailable', `PostgreSQL ended a stream after ${streamed} of ${count} rows.`);
        }),
    },
    failure: () => failure,
    finish: async () => {
      let awaited: unknown;
      while (awaited !== last) {
        awaited = last;
        await last;
      }
      isClosed = true;
    },
    abandon: async () => {
      isClosed = true;
      await last;
    },
  };
}
