import { describe, expect, it } from 'vitest';
import { decideDueDay, tradeSchema } from '../../../pipelines/deposits/fill.ts';

const filled = { type: 'FILLED', fillId: 'f-1', userId: '1', market: 'XNYS', amountMinor: '-300', executedAt: '2026-11-20T15:30:00Z' };

describe('a trade', () => {
  it.each([
    ['type', { type: 'SOLD' }],
    ['fillId', { fillId: '' }],
    ['fillId', { fillId: 'a b' }],
    ['fillId', { fillId: 'x'.repeat(65) }],
    ['userId', { userId: '0' }],
    ['userId', { userId: 1 }],
    ['userId', { userId: '9223372036854775808' }],
    ['market', { market: 'XLON' }],
    ['amountMinor', { amountMinor: '0' }],
    ['amountMinor', { amountMinor: '-0' }],
    ['amountMinor', { amountMinor: '1.5' }],
    ['amountMinor', { amountMinor: '+1' }],
    ['amountMinor', { amountMinor: '9000000000000001' }],
    ['amountMinor', { amountMinor: -300 }],
    ['executedAt', { executedAt: '2026-11-20' }],
    ['executedAt', { executedAt: '2026-11-20T15:30:00' }],
    ['executedAt', { executedAt: '2026-02-30T15:30:00Z' }],
  ])('that cannot be read is refused with the name of its field: %s %j', (field, over) => {
    const { success, error } = tradeSchema.safeParse({ ...filled, ...over });
    expect(success).toBe(false);
    expect(error?.issues.map(({ path }) => path[0])).toEqual([field]);
  });

  it.each([
    ['XNYS', '2026-11-20T15:30:00Z', '2026-11-20', '2026-11-24'],
    ['XNYS', '2026-11-21T00:59:00Z', '2026-11-20', '2026-11-24'],
    ['XKRX', '2026-11-20T15:30:00Z', '2026-11-21', '2026-11-24'],
    ['XNAS', '2026-11-25T15:30:00Z', '2026-11-25', '2026-11-30'],
    ['XKRX', '2024-02-27T01:00:00Z', '2024-02-27', '2024-02-29'],
  ])('on %s at %s is of %s, and due on %s', (market, executedAt, tradeDay, dueOn) => {
    expect(decideDueDay(tradeSchema.parse({ ...filled, market, executedAt }))).toEqual({
      ...{ kind: 'fill', fillId: 'f-1', userId: 1n, amountMinor: -300n, market, tradeDay, dueOn },
    });
  });

  it('that a calendar does not cover is refused with the name of its file', () => {
    expect(() => decideDueDay(tradeSchema.parse({ ...filled, executedAt: '2027-12-31T15:30:00Z' }))).toThrow(/calendars\/\w+\.json/);
    expect(() => decideDueDay(tradeSchema.parse({ ...filled, executedAt: '1999-01-04T15:30:00Z' }))).toThrow(/calendars\/\w+\.json/);
  });

  it('that is taken back needs no day', () => {
    expect(decideDueDay(tradeSchema.parse({ type: 'CANCELLED', fillId: 'f-1', userId: '1' }))).toEqual({
      ...{ kind: 'cancellation', fillId: 'f-1', userId: 1n },
    });
  });
});
