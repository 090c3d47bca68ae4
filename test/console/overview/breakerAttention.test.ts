import { expect, it } from 'vitest';
import { breakerAttention } from '../../../src/console/overview/breakerAttention.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

it('an outside system that is away is told with the time at which its breaker shut', async () => {
  const clock = virtualClock(new Date('2026-11-01T00:00:00Z'));
  await clock.advance(90_000);
  expect(breakerAttention({ name: 'smtp', awaySinceMs: () => undefined }, clock)).toEqual([]);
  expect(breakerAttention({ name: 'smtp', awaySinceMs: () => 30_000 }, clock)).toEqual([
    { level: 'page', view: '#/', since: '2026-11-01T00:00:30.000Z', text: 'smtp is away: what needs it waits' },
  ]);
});
