import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { previewText, previewValue } from '../../src/console/previewValue.ts';
import { encryptField } from '../../src/message/encryption.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';

const ring = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`);

describe('previewValue', () => {
  it('shows the shape of a message, ids, numbers and days, and what is encrypted as that', () => {
    const email = encryptField(ring, '7', 'email', 'kim@mail.example');
    const message = {
      version: 1,
      billId: '7412',
      billingDate: '2026-11-01',
      quiet: null,
      force: true,
      member: { email },
      lines: [1, '2026-11'],
    };
    expect(previewValue(Buffer.from(JSON.stringify(message)))).toEqual({
      ...{ version: 1, billId: '7412', billingDate: '2026-11-01', quiet: null, force: true },
      ...{ member: { email: 'encrypted (key k1)' }, lines: [1, '2026-11'] },
    });
  });

  it.each([
    ['kim@mail.example', 'text (16 characters)'],
    ['김하늘', 'text (3 characters)'],
    ['010-1234-5678', 'text (13 characters)'],
    ['01012345678', 'text (11 characters)'],
    ['821012345678', 'text (12 characters)'],
    ['1012345678', 'text (10 characters)'],
    ['w1.k1.not an envelope', 'text (21 characters)'],
    ['2026-11-01 and more', 'text (19 characters)'],
    ['', ''],
  ])('tells of the text %j only %j', (text, shown) => {
    expect(previewText(text)).toBe(shown);
  });

  it('hides names of fields that are no names, a telephone number that is a number, and what lies deep', () => {
    const deep = JSON.parse('['.repeat(8) + '"kim"' + ']'.repeat(8)) as unknown;
    const shown = previewValue(Buffer.from(JSON.stringify({ 'kim@mail.example': 1, phone: 821012345678, deep })));
    expect(shown).toMatchObject({ 'field 1': 1, phone: 'text (12 characters)' });
    expect(JSON.stringify(shown)).not.toContain('kim');
  });

  it('hides the number of an account, also where its digits could be any number', () => {
    const shown = previewValue(
      Buffer.from(JSON.stringify({ requestId: '7', accountNumber: '110234567890', account_number: 110234567890 })),
    );
    expect(shown).toEqual({ requestId: '7', accountNumber: 'text (12 characters)', account_number: 'text (12 characters)' });
  });

  it('tells of what is no JSON its size and hash', () => {
    expect(previewValue(Buffer.from('kim@mail.example'))).toEqual({
      notJson: true,
      sizeBytes: 16,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });
});
