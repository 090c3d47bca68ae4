import { codeOf } from '../../src/errors.ts';
import type { StoredDeadLetter } from '../../src/message/readDeadLetter.ts';
import { storableText } from '../shared/storableText.ts';
import { dispatchedBillSchema, type DispatchedBill } from './dispatchedBill.ts';

/** A mail that was put aside, as the log keeps it. */
export interface FailedMail {
  /** Where its message was read: of one place the same message is logged once. */
  readonly origin: string;
  /** Undefined for a message that nobody can read. */
  readonly bill: Pick<DispatchedBill, 'billId' | 'billingDate' | 'publicInfoId'> | undefined;
  readonly code: string;
  readonly error: string;
  /** The message as text, as much of it as is kept; what is no text, as base64. */
  readonly payload: string;
  /** Undefined where the dead letter does not say. */
  readonly failedAt: Date | undefined;
}

/** Letters of a message that are kept: sixteen times the largest that the topic allows. */
const keptLength = 65_536;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the dead letter of a bill's message. Whatever it holds can be logged: a letter that were refused here would be put aside
 * in its turn. Only what a newer Weir wrote throws, `newerVersion`: logged without its bill, it would take its origin for good, and
 * the row of that bill would wait for its letter for ever.
 */
export function readFailedMail(letter: StoredDeadLetter): FailedMail {
  return {
    origin: storableText(`${letter.partition} ${letter.position}`),
    bill: billOf(letter.original),
    code: storableText(letter.code),
    error: storableText(letter.text),
    payload: payloadOf(letter.original),
    failedAt: letter.diedAt,
  };
}

function billOf(bytes: Uint8Array): FailedMail['bill'] {
  try {
    return dispatchedBillSchema.parse(JSON.parse(utf8.decode(bytes)));
  } catch (error) {
    if (codeOf(error) === 'newerVersion') throw error;
    // Whatever else is wrong with it, and whoever wrote it: it is logged as one that cannot be read.
    return undefined;
  }
}

function payloadOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  // The database's text holds no zero character.
  const isText = !text.includes('\0') && Buffer.from(text).equals(buffer);
  const whole = isText ? text : `base64:${buffer.toString('base64')}`;
  return whole.length <= keptLength ? whole : `${storableText(whole.slice(0, keptLength))}… (${bytes.byteLength} bytes)`;
}
