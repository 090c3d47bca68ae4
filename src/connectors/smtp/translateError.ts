import type { NodemailerError } from 'nodemailer';
import { WeirError } from '../../errors.ts';

/** Replies that tell of our session (wrong order, authentication or TLS wanted), not of the mail: the mail is not to blame. */
const sessionReplies = new Set([503, 530, 534, 535, 538]);

/** Whether the server refused our sender, and not this mail: 552 speaks of the size that MAIL FROM announces. */
function isOfSender(error: NodemailerError): boolean {
  return error.command === 'MAIL FROM' && error.responseCode !== 552;
}

/**
 * An error while a connection was being set up. Always `unavailable`: wrong credentials are a 5xx too, and must not turn every
 * mail of a month into a refused one.
 */
export function sessionError(error: NodemailerError): WeirError {
  return new WeirError('unavailable', `The mail server cannot be used: ${whatHappened(error)}.`);
}

/**
 * An error while a mail was in dialogue. The client's own errors are the same bytes before and after the final dot, so the
 * session tells whether it may have been written.
 */
export function mailError(error: NodemailerError, dotWritten: boolean): WeirError {
  const code = error.responseCode ?? 0;
  if (code >= 400 && code < 500) return new WeirError('throttled', `The mail server did not take the mail now: ${whatHappened(error)}.`);
  if (code >= 500 && code < 600 && !sessionReplies.has(code) && !isOfSender(error)) {
    return new WeirError('refused', `The mail server refused the mail: ${whatHappened(error)}.`, { isAnswer: true });
  }
  if (dotWritten) {
    return new WeirError('outcomeUnknown', `The mail server may have the mail: after its final dot, ${whatHappened(error)}.`);
  }
  if (error.code === 'EMESSAGE') return new WeirError('oversize', 'The mail is larger than the mail server accepts; it was not sent.');
  return new WeirError('unavailable', `The mail server does not have the mail: before its final dot, ${whatHappened(error)}.`);
}

/** The signal was aborted. */
export function abortError(dotWritten: boolean): WeirError {
  return dotWritten
    ? new WeirError('outcomeUnknown', 'The mail server may have the mail: the dialogue was cut after its final dot.')
    : new WeirError('cancelled', 'The mail was not sent: the dialogue was cut before its final dot.');
}

/** Codes and the command only: the text of a reply, and so of the client's error, often repeats the address. */
function whatHappened(error: NodemailerError): string {
  const reply = /^(\d{3})(?:[ -]([245]\.\d{1,3}\.\d{1,3})\b)?/.exec(error.response ?? '');
  const step = error.command === undefined || error.command === 'CONN' ? '' : ` to ${error.command}`;
  if (reply !== null) return `it answered ${reply[1] ?? ''}${reply[2] === undefined ? '' : ` ${reply[2]}`}${step}`;
  const cause = error.timeoutType ?? error.originalCode ?? error.code ?? 'an error without a code';
  return `${cause}${step}`;
}
