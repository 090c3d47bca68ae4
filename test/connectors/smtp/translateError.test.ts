import type { NodemailerError } from 'nodemailer';
import { expect, it } from 'vitest';
import { checkMail } from '../../../src/connectors/smtp/checkMail.ts';
import { abortError, mailError, sessionError } from '../../../src/connectors/smtp/translateError.ts';
import { aMail } from './aMail.ts';

/** A reply to RCPT TO; without a code a connection that was lost. */
function told(responseCode?: number): NodemailerError {
  const facts = responseCode === undefined ? { code: 'ECONNECTION' } : { responseCode, response: `${responseCode} no`, command: 'RCPT TO' };
  return Object.assign(new Error(), facts);
}

function refusalOfOurs(): unknown {
  try {
    checkMail(aMail({ to: { name: '', address: 'a@y.example, b@y.example' } }));
  } catch (error) {
    return error;
  }
  return undefined;
}

it.each([
  ['a reply that refuses the mail', mailError(told(550), false), true],
  ['a reply that refuses it after its dot', mailError(told(554), true), true],
  ['a reply that would not take it now', mailError(told(451), false), true],
  ['a reply about the session', mailError(told(530), false), false],
  ['a refusal of our credentials', sessionError(told(535)), false],
  ['a connection that was lost', mailError(told(), false), false],
  ['one that was lost after the dot', mailError(told(), true), false],
  ['a call that was cut', abortError(false), false],
  ['a mail that we would not send ourselves', refusalOfOurs(), false],
])('it is told whether the mail server is there, by %s', (_, error, isAnswer) => {
  expect(error).toMatchObject({ isAnswer });
});
