import { WeirError } from '../../errors.ts';
import type { Statement } from '../database.ts';

/** A statement as the client takes it. */
export interface Query {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
}

const comments = String.raw`^(?:\s+|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)*`;
const control = new RegExp(String.raw`${comments}(?:begin|start|commit|end|abort|rollback(?!\s+to\b)|prepare\s+transaction)\b`, 'i');
const reading = new RegExp(String.raw`${comments}(?:select|with|values|table|show)\b`, 'i');
const writing = /\b(?:insert|update|delete|merge|into|nextval|setval)\b/i;

/** Whether repeating a statement can do no harm. A SELECT counts as one: give functions that write a transaction of their own. */
export function isRead(text: string): boolean {
  return reading.test(text) && !writing.test(text);
}

/**
 * Makes the client's form of a statement. BEGIN, COMMIT and their like are refused as a defect: a transaction that is opened or
 * ended behind `withTransaction` would be handed to the next user of the connection, or be committed in part.
 */
export function toQuery(statement: Statement | string): Query {
  const { text, values, name } = typeof statement === 'string' ? { text: statement, values: undefined, name: undefined } : statement;
  if (control.test(text)) throw new WeirError('defect', 'Transactions begin and end in withTransaction only.');
  return {
    text,
    ...(values === undefined ? {} : { values: values.map(prepareValue) }),
    ...(name === undefined ? {} : { name }),
  };
}

/**
 * A Date is written in UTC, since the client writes it in the zone of the process, which a `timestamp` column would keep. What
 * is not a number is refused: a `numeric` column accepts NaN without a word.
 */
function prepareValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new WeirError('defect', `A parameter is ${value}: only finite numbers are written.`);
  }
  return Array.isArray(value) ? prepareArray(value) : value;
}

/** Of bigints the server's literal is made here at once: the client puts it together element by element. */
function prepareArray(values: readonly unknown[]): unknown {
  return values.every((value) => typeof value === 'bigint') ? `{${values.join()}}` : values.map(prepareValue);
}
