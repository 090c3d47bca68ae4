import { expect, test } from 'vitest';
import { claimOf, decideDelivery, later, refused, sent, unknownSend, type SendableBill } from '../../../pipelines/billing/delivery.ts';
import { WeirError } from '../../../src/errors.ts';
import { aDispatchedBill } from './support/aDispatchedBill.ts';

const night = { start: '22:00', end: '08:00', zone: 'Asia/Seoul' };

function aClaimedBill(): SendableBill {
  const details = { discounts: [], totalDiscountMinor: 0n, finalAmountMinor: 0n };
  return {
    kind: 'send',
    bill: aDispatchedBill(),
    claimed: { token: 5n, attempt: 1, details, lines: [], encryptedName: 'n', encryptedEmail: 'e' },
  };
}

test.each([
  ['2026-11-15T12:59:59.999Z', 'send', undefined],
  ['2026-11-15T13:00:00.000Z', 'quiet', '2026-11-15T23:00:00.000Z'],
  ['2026-11-15T22:59:59.999Z', 'quiet', '2026-11-15T23:00:00.000Z'],
  ['2026-11-15T23:00:00.000Z', 'send', undefined],
])('at %s a bill of a member who sleeps from 22 to 8 in Seoul: %s', (now, kind, until) => {
  const verdict = decideDelivery(aDispatchedBill({ quietHours: night }), { now: new Date(now) });
  expect(verdict.kind).toBe(kind);
  expect(verdict.kind === 'quiet' ? verdict.until.toISOString() : undefined).toBe(until);
});

test('a bill without quiet hours is sent at any time, not yet claimed', () => {
  const bill = aDispatchedBill();
  expect(decideDelivery(bill, { now: new Date('2026-11-15T18:00:00Z') })).toEqual({ kind: 'send', bill, claimed: undefined });
});

test('verdicts carry the token of the claim', () => {
  const send = aClaimedBill();
  const until = new Date('2026-11-15T13:00:00Z');
  const error = new WeirError('refused', 'no such mailbox');
  expect(sent(send, '250 ok')).toEqual({ kind: 'sent', bill: send.bill, token: 5n, response: '250 ok' });
  expect(refused(send, error)).toEqual({ kind: 'refused', bill: send.bill, token: 5n, error });
  expect(later(send, until)).toEqual({ kind: 'later', bill: send.bill, token: 5n, until });
  expect(unknownSend(send, new WeirError('outcomeUnknown', 'lost'))).toEqual({
    kind: 'unknown',
    bill: send.bill,
    token: 5n,
    reason: 'lost',
  });
});

test('a bill whose destination used up its rate waits without having been claimed', () => {
  expect(later({ ...aClaimedBill(), claimed: undefined }, new Date(0)).token).toBeUndefined();
});

test('a result without a claim is a defect', () => {
  const send: SendableBill = { ...aClaimedBill(), claimed: undefined };
  for (const use of [claimOf, (bill: SendableBill) => sent(bill, ''), (bill: SendableBill) => refused(bill, undefined)]) {
    expect(() => use(send)).toThrow(expect.objectContaining({ code: 'defect' }));
  }
});

test('the reason of an unknown send repeats no text that nobody has looked at', () => {
  expect(unknownSend(aClaimedBill(), new Error('gildong@example.com')).reason).not.toContain('gildong');
});
