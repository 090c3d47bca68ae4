import { WeirError } from '../../errors.ts';
import type { Statement, Transaction } from '../database.ts';
import type { CallOptions, Connection } from './connection.ts';
import { toQuery } from './statement.ts';
import { sqlStateOf } from './translateError.ts';

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
 * The statements of one transaction, one after another: a second one that is issued while one runs waits for it. (Together on
 * one connection the later ones would run in an aborted transaction and report its echo instead of its error.)
 */
export function openTransaction(connection: Connection, limitMs: number): OpenTransaction {
  const options: CallOptions = { phase: 'transaction', limitMs };
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let failure: Error | undefined;

  async function whenFree<T>(work: () => Promise<T>): Promise<T> {
    if (isClosed) throw new WeirError('defect', 'A statement was issued after the end of its transaction.');
    try {
      return await work();
    } catch (error) {
      if (error instanceof Error) failure ??= error;
      throw sqlStateOf(error) === transactionAborted ? failure : error;
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(() => whenFree(work));
    last = result.catch(() => undefined);
    return result;
  }

  return {
    port: {
      query: <R extends object>(statement: Statement | string) =>
        inTurn(async () => (await connection.run(toQuery(statement), options)).rows as readonly R[]),
      execute: (statement) => inTurn(async () => (await connection.run(toQuery(statement), options)).rowCount ?? 0),
      copyIn: (text, lines) => inTurn(() => connection.copy(text, lines, options)),
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
