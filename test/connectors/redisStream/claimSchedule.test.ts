import { describe, expect, it } from 'vitest';
import { ClaimSchedule } from '../../../src/connectors/redisStream/claimSchedule.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';

const [minMs, maxMs] = [100, 1_000];

function aSchedule(): { readonly schedule: ClaimSchedule; readonly clock: VirtualClock } {
  const clock = virtualClock(new Date(0));
  return { schedule: new ClaimSchedule(clock, minMs, maxMs), clock };
}

/** How long the schedule waits after each of some searches, in milliseconds. */
async function pacesOf({ schedule, clock }: ReturnType<typeof aSchedule>, findings: readonly boolean[]): Promise<readonly number[]> {
  const paces: number[] = [];
  for (const isWorthwhile of findings) {
    await schedule.run(() => Promise.resolve(isWorthwhile));
    paces.push(schedule.inMs);
    await clock.advance(schedule.inMs);
  }
  return paces;
}

describe('a schedule of searches', () => {
  it('is due at once, waits twice as long after each search in vain up to its bound, and the shortest time after a find', async () => {
    const one = aSchedule();
    expect(one.schedule.inMs).toBe(0);
    const findings = [false, false, false, false, false, true, true, false];
    expect(await pacesOf(one, findings)).toEqual([200, 400, 800, 1_000, 1_000, 100, 100, 200]);
  });

  it('goes on at once until a search has come to the end of the list', async () => {
    const { schedule } = aSchedule();
    await schedule.run(() => {
      schedule.cursor = '5-1';
      return Promise.resolve(true);
    });
    expect(schedule.inMs).toBe(0);
    await schedule.run(() => {
      schedule.cursor = '0-0';
      return Promise.resolve(true);
    });
    expect(schedule.inMs).toBe(minMs);
  });

  it('is due for nobody else while one searches, and soon after a search that failed', async () => {
    const { schedule, clock } = aSchedule();
    await pacesOf({ schedule, clock }, [false, false]);
    const failing = schedule.run(() => {
      expect(schedule.inMs).toBe(Number.POSITIVE_INFINITY);
      return Promise.reject(new Error('lost'));
    });
    await expect(failing).rejects.toThrow('lost');
    expect(schedule.inMs).toBe(minMs);
  });
});
