import pg from 'pg';
import { type ErrorCode, type ErrorKind, WeirError } from '../../errors.ts';
import { SqlFailure } from './sqlFailure.ts';

/**
 * What was going on when an error came; it decides whether anything may have been written.
 *
 * - `connect`: nothing was asked yet.
 * - `read`: a statement of its own that writes nothing.
 * - `transaction`: inside a transaction, before COMMIT: without its connection the server rolls it back.
 * - `write`: a statement of its own, which commits by itself.
 * - `commit`: COMMIT was sent.
 */
export type Phase = 'connect' | 'read' | 'transaction' | 'write' | 'commit';

/** How a call failed. */
export interface Failure {
  readonly phase: Phase;
  /** Our own limit cut the connection, after so many milliseconds. */
  readonly limitMs?: number | undefined;
  /** The connection is lost; by this error. */
  readonly lostBy?: unknown;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
  /** Where it is not that of the code. */
  readonly kind?: ErrorKind;
  /** The server's own text names things and quotes our statement, never a row. */
  readonly quotes?: boolean;
}

const constraint = (text: string): Meaning => ({ code: 'constraint', text });
const conflict = (text: string): Meaning => ({ code: 'conflict', text });
const unavailable = (text: string): Meaning => ({ code: 'unavailable', text });
// The server says that it rolled back: here a time limit leaves no doubt.
const timedOut = (text: string): Meaning => ({ code: 'timedOut', kind: 'transient', text });
// No message is to blame for a password, a grant or a table that is missing: all would fail alike, until somebody sets it right.
const refused = (text: string): Meaning => ({ code: 'refused', kind: 'transient', text, quotes: true });
const mismatch = (text: string): Meaning => ({ code: 'schemaMismatch', kind: 'transient', text, quotes: true });

/** By SQLSTATE or, for two characters, by class; the longer one wins. What is missing is a mistake in the program. */
const meanings = new Map<string, Meaning>([
  ['08', unavailable('the connection failed')],
  ['22', constraint('a value does not fit')],
  ['22P02', constraint('a value is not of the type')],
  ['23', constraint('a constraint is violated')],
  ['23502', constraint('a value is missing')],
  ['23503', constraint('a reference points nowhere or is still used')],
  ['23505', constraint('the key exists already')],
  ['23514', constraint('a check is violated')],
  ['25006', unavailable('the server only reads')],
  ['25P03', timedOut('the transaction waited too long for its next statement and was rolled back')],
  ['25P04', timedOut('the transaction took too long and was rolled back')],
  ['28', refused('the server refuses this user')],
  ['3D000', refused('the server has no such database')],
  ['3F000', mismatch('the schema is not the one that this program knows')],
  ['40001', conflict('another transaction came between')],
  ['40P01', conflict('a deadlock')],
  ['42501', refused('this user lacks a right')],
  ['42703', mismatch('the schema is not the one that this program knows')],
  ['42P01', mismatch('the schema is not the one that this program knows')],
  ['44000', constraint('a row lies outside its view')],
  ['53', unavailable('the server lacks resources')],
  ['55006', conflict('the object is in use')],
  ['55P03', conflict('a lock was not free in time')],
  ['57014', timedOut('the statement took too long and was cancelled')],
  ['57P', unavailable('the server ended the connection')],
  ['57P03', { ...unavailable('the server takes no connections at present'), quotes: true }],
  ['58', unavailable('the server has trouble with its machine')],
  ['P0001', constraint('a function of the database refused')],
]);

const stale = conflict('the schema changed under a prepared statement');

const mayHaveHappened = (phase: Phase): boolean => phase === 'write' || phase === 'commit';

/** What the server said that led to a translated error; undefined where it said nothing. */
export function sqlFailureOf(error: unknown): SqlFailure | undefined {
  return error instanceof WeirError && error.cause instanceof SqlFailure ? error.cause : undefined;
}

/**
 * Makes a `WeirError` of what the client threw. Its message names tables, constraints and columns, never values of a row.
 * An error that has nothing to do with the server is returned as it is: a mistake in the program.
 */
export function translateError(error: unknown, { phase, limitMs, lostBy }: Failure): Error {
  if (error instanceof WeirError) return error;
  if (limitMs !== undefined) return silence(limitMs, phase);
  const told = error instanceof pg.DatabaseError ? error : lostBy;
  if (told instanceof pg.DatabaseError) return fromServer(told, phase);
  if (lostBy === undefined && phase !== 'connect' && error instanceof Error) return error;
  return mayHaveHappened(phase) ? unknownOutcome(error) : connectionLost(error);
}

/** Makes a `WeirError` of the loss of a connection when nothing was being written. */
export function connectionLost(error: unknown): WeirError {
  if (error instanceof pg.DatabaseError) return fromServer(error, 'connect');
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return new WeirError('unavailable', `PostgreSQL cannot be reached, or the connection was lost${code}; nothing was written.`, {
    cause: error,
  });
}

function fromServer(error: pg.DatabaseError, phase: Phase): WeirError {
  const cause = new SqlFailure(error);
  const meaning = cause.isStale ? stale : meaningOf(cause.sqlState);
  if (meaning.code === 'unavailable' && mayHaveHappened(phase) && hasEnded(cause)) return unknownOutcome(cause);
  const text = `PostgreSQL: ${meaning.text} (${cause.sqlState}${whereabouts(error)})${meaning.quotes ? `: ${error.message}` : ''}.`;
  return new WeirError(meaning.code, text, meaning.kind === undefined ? { cause } : { cause, kind: meaning.kind });
}

function meaningOf(sqlState: string): Meaning {
  const meaning = meanings.get(sqlState) ?? meanings.get(sqlState.slice(0, 3)) ?? meanings.get(sqlState.slice(0, 2));
  return meaning ?? { code: 'defect', text: 'the statement is wrong', quotes: /^(0A|25|26|2B|34|42|54|55)/.test(sqlState) };
}

/** An error that ends the connection may come after the commit record was written (in a wait for a replica, in a crash). */
function hasEnded(cause: SqlFailure): boolean {
  return cause.isFatal || cause.sqlState.startsWith('08');
}

function whereabouts(error: pg.DatabaseError): string {
  const table = error.table === undefined ? undefined : `table ${error.schema === undefined ? '' : `${error.schema}.`}${error.table}`;
  const column = error.column === undefined ? undefined : `column ${error.column}`;
  const name = error.constraint === undefined ? undefined : `constraint ${error.constraint}`;
  return [table, column, name].map((part) => (part === undefined ? '' : `, ${part}`)).join('');
}

function silence(limitMs: number, phase: Phase): WeirError {
  const text = `PostgreSQL gave no answer within ${limitMs} ms; the connection was cut`;
  if (phase === 'commit') return new WeirError('outcomeUnknown', `${text} in COMMIT: nobody knows whether it committed.`);
  if (phase === 'write') return new WeirError('timedOut', `${text}: nobody knows whether the statement was carried out.`);
  return new WeirError('timedOut', `${text}; nothing was written.`, { kind: 'transient' });
}

function unknownOutcome(cause: unknown): WeirError {
  const text = 'The connection to PostgreSQL was lost after a write was sent: nobody knows whether it was carried out.';
  return new WeirError('outcomeUnknown', text, { cause });
}
