import { expect, it } from 'vitest';
import { withDefaults } from '../../../src/connectors/redisStream/redisStreamOptions.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

const given = { url: 'redis://127.0.0.1:1', clock: virtualClock(new Date(0)), instance: 'test' };

it('what a dead reader had is looked for as often as the idle limit asks', () => {
  expect(withDefaults({ ...given, idleLimitMs: 3_000 })).toMatchObject({ claimMinMs: 500, claimMaxMs: 3_000 });
  expect(withDefaults({ ...given, idleLimitMs: 3_000, claimMaxMs: 1_000 })).toMatchObject({ claimMinMs: 500, claimMaxMs: 1_000 });
});

it('a read never blocks for ever', () => {
  expect(withDefaults({ ...given, blockMs: 0 }).blockMs).toBe(10);
  expect(withDefaults({ ...given, blockMs: 60_000 }).blockMs).toBe(5_000);
});
