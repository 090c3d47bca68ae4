import { describe, expect, it } from 'vitest';
import { encodeDispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { readFailedMail } from '../../../pipelines/billing/failedMail.ts';
import type { StoredDeadLetter } from '../../../src/message/readDeadLetter.ts';
import { aDispatchedBill } from './support/aDispatchedBill.ts';

const diedAt = new Date('2026-11-15T01:00:00Z');

function aLetter(original: Uint8Array, changes: Partial<StoredDeadLetter> = {}): StoredDeadLetter {
  const place = { partition: 'queuing.billing.email.send/0', position: '7-0' };
  const reason = { pipeline: 'billing.deliver', stage: 'record', code: 'refused', text: 'permanent: 550', attempts: 1, diedAt };
  return { original, key: '1001', headers: new Map(), ...place, ...reason, ...changes };
}

describe('a failed mail', () => {
  it('names its bill, where its message was read, and why it was put aside', () => {
    const bytes = encodeDispatchedBill(aDispatchedBill());
    expect(readFailedMail(aLetter(bytes))).toEqual({
      origin: 'queuing.billing.email.send/0 7-0',
      bill: expect.objectContaining({ billId: 77n, billingDate: '2026-11-01', publicInfoId: 1_001n }) as unknown,
      code: 'refused',
      error: 'permanent: 550',
      payload: Buffer.from(bytes).toString(),
      failedAt: diedAt,
    });
  });

  it.each([
    ['text that is no JSON', Buffer.from('not a bill'), 'not a bill'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe]), 'base64://4='],
    ['a zero character, which no column holds', Buffer.from('a\0b'), 'base64:YQBi'],
    ['half of a surrogate pair as an escape', Buffer.from('"\\ud800"'), '"\\ud800"'],
    ['nothing', Buffer.alloc(0), ''],
    ['an object with a key that reaches a prototype', Buffer.from('{"__proto__":1}'), '{"__proto__":1}'],
    ['no version that there can be', Buffer.from('{"version":0}'), '{"version":0}'],
  ])('of %s names no bill and keeps the message', (_what, original, payload) => {
    expect(readFailedMail(aLetter(original))).toMatchObject({ bill: undefined, payload });
  });

  it('of a newer Weir is left to one: logged without its bill, it would never complete the row of the refusal', () => {
    expect(() => readFailedMail(aLetter(Buffer.from('{"version":99}')))).toThrow(
      expect.objectContaining({ code: 'newerVersion' }) as Error,
    );
  });

  it('keeps the beginning of a message that is too large for a row, and says how large it was', () => {
    const { payload } = readFailedMail(aLetter(Buffer.from('가'.repeat(100_000))));
    expect(payload).toHaveLength(65_536 + '… (300000 bytes)'.length);
    expect(payload).toMatch(/^가+… \(300000 bytes\)$/);
  });

  it('does not cut a character in two, which no column holds', () => {
    const { payload } = readFailedMail(aLetter(Buffer.from(`a${'😀'.repeat(40_000)}`)));
    expect(payload.isWellFormed()).toBe(true);
  });
});
