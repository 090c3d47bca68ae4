import { describe, expect, it } from 'vitest';
import { withoutRecipient } from '../../../src/connectors/smtp/withoutRecipient.ts';

const recipient = { name: 'Gildong Hong', address: 'gildong.h@Example.com' };

describe('withoutRecipient', () => {
  it.each([
    ['250 2.0.0 Ok: queued as 4F2B81C0D2', '250 2.0.0 Ok: queued as 4F2B81C0D2'],
    ['250 OK id=1rXyZ9-0004Qe-2K', '250 OK id=1rXyZ9-0004Qe-2K'],
    ['250 2.0.0 queued for <gildong.h@Example.com>', '250 2.0.0 queued for …'],
    ['250 accepted for GILDONG.H@EXAMPLE.COM as 77', '250 accepted for … as 77'],
    ['250 thanks, "gildong HONG" (gildong.h)', '250 thanks, … … …'],
    ['250 \u00eb\u00b0\u00b0 홍길동 queued', '250 … … queued'],
  ])('of "%s" leaves "%s"', (reply, left) => {
    expect(withoutRecipient(reply, recipient)).toBe(left);
  });

  it('leaves the code where the name or the local part is too short to tell of anybody', () => {
    expect(withoutRecipient('250 2.0.0 ok', { name: 'A 2', address: '2@example.com' })).toBe('250 2.0.0 ok');
  });
});
