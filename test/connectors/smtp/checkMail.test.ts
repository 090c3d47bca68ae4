import { describe, expect, it } from 'vitest';
import { checkMail } from '../../../src/connectors/smtp/checkMail.ts';
import { aMail } from './aMail.ts';

const plainAddresses = ['kim@customers.example', "o'neil+bills@a-b.example", 'a@b', 'x.y_z=1@1.example', `${'l'.repeat(64)}@x.example`];

const treacherousAddresses = [
  ['a line break that begins a Bcc header', 'b@y.kr\r\nBcc: evil@e.kr'],
  ['a bare line feed', 'b@y.kr\nRCPT TO:<evil@e.kr>'],
  ['two addresses', 'victim@y.kr, evil@e.kr'],
  ['two addresses with a semicolon', 'victim@y.kr;evil@e.kr'],
  ['a name with the address in brackets', 'victim@y.kr <evil@e.kr>'],
  ['an address in brackets', '<evil@e.kr>'],
  ['a group', 'all:evil@e.kr;'],
  ['a quoted local part', '"victim@y.kr,"@e.kr'],
  ['a comment', 'victim(evil@e.kr)@y.kr'],
  ['a second at sign', 'victim@y.kr@e.kr'],
  ['a route', '@e.kr:victim@y.kr'],
  ['a percent hack behind a space', 'victim @y.kr'],
  ['a null byte', 'victim@y.kr\0'],
  ['a line feed at the end', 'victim@y.kr\n'],
  ['letters that are not ASCII', '김@y.kr'],
  ['a domain that is not ASCII', 'kim@한국.kr'],
  ['no domain', 'victim'],
  ['an empty local part', '@y.kr'],
  ['an empty label', 'victim@y..kr'],
  ['two dots', 'vic..tim@y.kr'],
  ['a local part that is too long', `${'l'.repeat(65)}@y.kr`],
  ['an address that is too long', `v@${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}`],
  ['nothing', ''],
] as const;

const refusal = (text: RegExp): unknown =>
  expect.objectContaining({ code: 'refused', kind: 'permanent', message: expect.stringMatching(text) as string });

describe('checkMail', () => {
  it.each(plainAddresses)('lets the plain address %s pass', (address) => {
    expect(() => checkMail(aMail({ to: { name: '', address } }))).not.toThrow();
  });

  it.each(treacherousAddresses)('refuses a recipient that is %s, without repeating it', (_, address) => {
    const attempt = (): void => checkMail(aMail({ to: { name: '', address } }));
    expect(attempt).toThrow(refusal(/recipient's address is not one plain address/));
    expect(attempt).not.toThrow(/y\.kr|e\.kr|victim/);
  });

  it('refuses such a sender too', () => {
    expect(() => checkMail(aMail({ from: { name: '', address: 'a@b.kr, evil@e.kr' } }))).toThrow(refusal(/sender's address/));
  });

  it.each(['subject', 'from', 'to'] as const)('refuses a line break in the header of the %s', (field) => {
    const text = 'hello\r\nBcc: evil@e.kr';
    const mail = field === 'subject' ? aMail({ subject: text }) : aMail({ [field]: { name: text, address: 'a@b.example' } });
    expect(() => checkMail(mail)).toThrow(refusal(/line break/));
  });

  it.each([
    ['a line break in its name', 'a.csv"\r\nBcc: evil@e.kr', 'text/csv', /a file has a name/],
    ['a quote in its name', 'a".csv', 'text/csv', /a file has a name/],
    ['a path for a name', '../a.csv', 'text/csv', /a file has a name/],
    ['no name', '', 'text/csv', /a file has a name/],
    ['a line break in its type', 'a.csv', 'text/csv\r\nBcc: evil@e.kr', /a type that is not/],
    ['no type', 'a.csv', '', /a type that is not/],
  ])('refuses a file with %s', (_, name, type, text) => {
    const file = { name, type, content: '' };
    expect(() => checkMail(aMail({ attachments: [{ name: 'good.svg', type: 'image/svg+xml', content: '' }, file] }))).toThrow(
      refusal(text),
    );
  });

  it.each([
    ['a line break in a value', { 'X-Note': 'a\r\nBcc: evil@e.kr' }, /one line of printable ASCII/],
    ['a value that is not ASCII', { 'X-Note': '청구서' }, /one line of printable ASCII/],
    ['a line break in a name', { 'X-Note\r\nBcc': 'evil@e.kr' }, /letters, digits and hyphens/],
    ['a further recipient', { bCC: 'evil@e.kr' }, /not the caller's/],
    ['another content type', { 'Content-Type': 'text/plain' }, /not the caller's/],
    ['a line that is too long', { 'X-Note': 'a'.repeat(998) }, /one line/],
  ])('refuses a header with %s', (_, headers, text) => {
    expect(() => checkMail(aMail({ headers }))).toThrow(refusal(text));
  });

  it.each(['bill-1@weir.example', '<bill 1@weir.example>', '<bill-1@weir.example>\r\nBcc: evil@e.kr', '<>', '<@>'])(
    'refuses the Message-ID %j',
    (messageId) => {
      expect(() => checkMail(aMail({ messageId }))).toThrow(refusal(/Message-ID/));
    },
  );
});
