import fc from 'fast-check';
import PostalMime, { type Email } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import type { Mail } from '../../../src/connectors/mailer.ts';
import { composeMail } from '../../../src/connectors/smtp/composeMail.ts';
import { aMail } from './aMail.ts';

const date = new Date('2026-11-15T00:30:00Z');
const read = (changes: Partial<Mail> = {}): Promise<Email> => PostalMime.parse(composeMail(aMail(changes), date));

/** Text without control characters or halves of characters, as a header may hold. */
const headerText = fc
  .string({ unit: fc.constantFrom(...Array.from('aB9 "\\=?,<>@()_-.\'한글é🎉𝒳')), maxLength: 200 })
  .map((text) => text.trim());
const bodyText = fc.string({
  unit: fc.constantFrom(...Array.from('.a한🎉 =-\t'), '\r\n', '\r\n.\r\n', '--weir_alternative'),
  maxLength: 400,
});

describe('composeMail', () => {
  it('writes what an independent reader reads', async () => {
    const mail = await read({ headers: { 'List-Unsubscribe': '<https://weir.example/u/1>', 'Auto-Submitted': 'auto-generated' } });
    expect(mail).toMatchObject({
      from: { name: 'Weir', address: 'bills@weir.example' },
      to: [{ name: '김철수', address: 'kim@customers.example' }],
      subject: '11월 요금 청구서',
      messageId: '<bill-1@weir.example>',
      date: '2026-11-15T00:30:00.000Z',
    });
    expect(mail.html).toBe(aMail().html);
    expect(mail.text).toBe(aMail().text);
    expect(mail.headers).toContainEqual(expect.objectContaining({ key: 'list-unsubscribe', value: '<https://weir.example/u/1>' }));
    expect(mail.bcc).toBeUndefined();
    expect(mail.attachments).toEqual([]);
  });

  it('carries any subject and name unchanged, in short ASCII lines', async () => {
    await fc.assert(
      fc.asyncProperty(headerText, headerText, async (subject, name) => {
        const changes = { subject, to: { name, address: 'kim@customers.example' } };
        const bytes = composeMail(aMail(changes), date);
        const mail = await PostalMime.parse(bytes);
        expect(mail.subject ?? '').toBe(subject);
        expect(mail.to).toEqual([{ name, address: 'kim@customers.example' }]);
        for (const line of bytes.toString('latin1').split('\r\n')) expect(line).toMatch(/^[\x20-\x7e]{0,78}$/);
      }),
    );
  });

  it('shows text that looks like an encoded word as it stands', async () => {
    const subject = '=?utf-8?B?ZXZpbA==?=';
    expect((await read({ subject })).subject).toBe(subject);
  });

  it('carries any text and HTML unchanged, with no line that begins with a dot', async () => {
    await fc.assert(
      fc.asyncProperty(bodyText, bodyText, async (text, html) => {
        const bytes = composeMail(aMail({ text, html }), date);
        const [, encodedText = '', encodedHtml = ''] = bytes.toString('latin1').split('base64\r\n\r\n');
        expect(Buffer.from(encodedText.split('\r\n--')[0] ?? '', 'base64').toString()).toBe(text);
        expect(Buffer.from(encodedHtml.split('\r\n--')[0] ?? '', 'base64').toString()).toBe(html);
        expect(bytes.includes('\r\n.')).toBe(false);
        const mail = await PostalMime.parse(bytes);
        expect(mail.attachments).toEqual([]);
      }),
    );
  });

  it('carries files byte by byte, beside the text and the HTML', async () => {
    const content = 'day,합계\r\n2025-10-01,"a\nb"\r\n';
    const svg = `<svg>${'x'.repeat(500)}</svg>\n`;
    const files = [
      { name: 'report-2025-10-01.csv', type: 'text/csv', content },
      { name: 'report.svg', type: 'image/svg+xml', content: svg },
    ];
    const bytes = composeMail(aMail({ attachments: files }), date);
    const mail = await PostalMime.parse(bytes, { attachmentEncoding: 'utf8' });
    expect({ html: mail.html, text: mail.text }).toEqual({ html: aMail().html, text: aMail().text });
    expect(mail.attachments).toMatchObject([
      { filename: 'report-2025-10-01.csv', mimeType: 'text/csv', disposition: 'attachment', content },
      { filename: 'report.svg', mimeType: 'image/svg+xml', disposition: 'attachment', content: svg },
    ]);
    for (const line of bytes.toString('latin1').split('\r\n')) expect(line).toMatch(/^[\x20-\x7e]{0,78}$/);
  });

  it('writes the same bytes for the same mail', () => {
    expect(composeMail(aMail(), date).equals(composeMail(aMail(), date))).toBe(true);
  });

  it('ends every line of a text as the protocol wants it', async () => {
    const bytes = composeMail(aMail({ text: 'one\ntwo\rthree\r\nfour', html: '<p>' }), date);
    const body = bytes.toString('latin1').split('base64\r\n\r\n')[1] ?? '';
    expect(Buffer.from(body.split('\r\n--')[0] ?? '', 'base64').toString()).toBe('one\r\ntwo\r\nthree\r\nfour');
    expect((await PostalMime.parse(bytes)).text?.split(/\r?\n/)).toHaveLength(4);
  });
});
