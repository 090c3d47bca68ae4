import { expect, it } from 'vitest';
import { Shares, type Work } from '../../../operators/internal/shares.ts';
import { Waits } from '../../../operators/internal/waits.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { anOpen, aRun } from '../../support/aRun.ts';

const holdMs = 50;

interface Setting {
  readonly clock: VirtualClock;
  readonly shares: Shares<string>;
  readonly resumed: Work<string>[];
  readonly expired: Work<string>[];
  /** Asks for a slot of a key, for a message that was held before. */
  readonly take: (key: string, heldMs?: number) => { readonly work: Work<string>; readonly isTaken: boolean };
}

/** Shares of one slot a key, on a clock that stands. */
function oneSlotEach(): Setting {
  const clock = virtualClock(new Date(0));
  const run = aRun({ clock });
  const [resumed, expired]: [Work<string>[], Work<string>[]] = [[], []];
  const ends = { resume: (work: Work<string>) => resumed.push(work), expire: (work: Work<string>) => expired.push(work) };
  const shares = new Shares<string>({ keyOf: String, concurrency: 1 }, holdMs, { ...ends, release: () => undefined });
  const waits = new Waits(run);
  const take: Setting['take'] = (key, heldMs = 0) => {
    const work = { message: anOpen(key, { run }), heldMs };
    return { work, isTaken: shares.take(work, waits) };
  };
  return { clock, shares, resumed, expired, take };
}

it('forgets a key once nothing of it is in a slot or waits', async () => {
  const { clock, shares, resumed, expired, take } = oneSlotEach();
  const [first, other] = [take('a'), take('b')];
  expect([first.isTaken, other.isTaken, take('a').isTaken, shares.size]).toEqual([true, true, false, 2]);
  await clock.advance(holdMs);
  expect(expired).toHaveLength(1);
  take('a');
  shares.leave(first.work.message.envelope);
  expect([resumed.length, shares.size]).toEqual([1, 2]);
  const [next] = resumed;
  if (next === undefined) throw new Error('nothing was resumed');
  expect(shares.take(next, new Waits(next.message.envelope.run))).toBe(true);
  shares.leave(next.message.envelope);
  expect(shares.size).toBe(1);
  shares.leave(other.work.message.envelope);
  expect(shares.size).toBe(0);
});

it('adds the wait for a share to what a message was held before', async () => {
  const { clock, shares, resumed, take } = oneSlotEach();
  const { work } = take('a');
  take('a', 30);
  await clock.advance(15);
  shares.leave(work.message.envelope);
  expect(resumed).toMatchObject([{ heldMs: 45 }]);
});
