import { WeirError } from '../../errors.ts';
import type { Address, Attachment, Mail } from '../mailer.ts';

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const addressSpec = new RegExp(`^${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$`);
const messageIdSpec = /^<[!-;=?A-~]+@[!-;=?A-~]+>$/;
const fileNameSpec = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const fileTypeSpec = /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,99}$/;
const headerNameSpec = /^[A-Za-z0-9-]+$/;
const printable = /^[\x20-\x7e]*$/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\x00-\x1f\x7f]/;

const maxAddressLength = 254; // RFC 5321, 4.5.3.1.3, without the angle brackets
const maxLocalPartLength = 64;
const maxHeaderLineLength = 998; // RFC 5322, 2.1.1

/** Headers that the mailer writes itself, or that would name further recipients. */
const ownHeaders =
  /^(?:from|sender|to|cc|bcc|date|subject|message-id|mime-version|return-path|received|resent-.*|content-.*|x-(?:receiver|sender))$/i;

/**
 * Refuses a mail that may not be sent, before anything is sent.
 *
 * Clients parse address strings: `'b@y.kr\r\nBcc: evil@e.kr'` went to evil@e.kr only, `'a@y.kr, evil@e.kr'` to both. Therefore
 * one plain address is accepted and nothing that a parser could read in two ways; and no line break in any header.
 */
export function checkMail(mail: Mail): void {
  checkAddress('sender', mail.from);
  checkAddress('recipient', mail.to);
  if (control.test(mail.subject)) throw refusal('the subject has a line break or a control character');
  if (!messageIdSpec.test(mail.messageId) || mail.messageId.length > 250)
    throw refusal('the Message-ID is not of the form <unique@domain>');
  for (const [name, value] of Object.entries(mail.headers ?? {})) checkHeader(name, value);
  for (const file of mail.attachments ?? []) checkFile(file);
}

function checkFile({ name, type }: Attachment): void {
  if (!fileNameSpec.test(name)) throw refusal('a file has a name that is not letters, digits, dots, hyphens and underscores');
  if (!fileTypeSpec.test(type)) throw refusal(`the file ${name} has a type that is not of the form text/csv`);
}

function checkAddress(role: string, { address, name }: Address): void {
  if (address.length > maxAddressLength || address.indexOf('@') > maxLocalPartLength || !addressSpec.test(address)) {
    throw refusal(`the ${role}'s address is not one plain address (local@domain in ASCII, without spaces, commas, quotes or brackets)`);
  }
  if (control.test(name)) throw refusal(`the ${role}'s name has a line break or a control character`);
}

function checkHeader(name: string, value: string): void {
  if (!headerNameSpec.test(name)) throw refusal('a header has a name that is not letters, digits and hyphens');
  if (ownHeaders.test(name)) throw refusal(`the header ${name} is not the caller's to set`);
  if (!printable.test(value) || name.length + value.length + 2 > maxHeaderLineLength) {
    throw refusal(`the header ${name} is not one line of printable ASCII`);
  }
}

function refusal(reason: string): WeirError {
  return new WeirError('refused', `The mail was not sent: ${reason}.`);
}
