import { describe, expect, it } from 'vitest';
import { FailedAttempts } from '../../src/http/failedAttempts.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

function anAddressThatFailed(times: number): { attempts: FailedAttempts; clock: ReturnType<typeof virtualClock> } {
  const clock = virtualClock(new Date(0));
  const attempts = new FailedAttempts(clock);
  for (let time = 0; time < times; time += 1) attempts.add('10.0.0.1');
  return { attempts, clock };
}

describe('FailedAttempts', () => {
  it('lets an address fail 20 times, then has it wait until a minute after the first', async () => {
    const { attempts, clock } = anAddressThatFailed(19);
    expect(attempts.waitMs('10.0.0.1')).toBe(0);
    await clock.advance(10_000);
    attempts.add('10.0.0.1');
    expect(attempts.waitMs('10.0.0.1')).toBe(50_000);
    await clock.advance(50_000);
    expect(attempts.waitMs('10.0.0.1')).toBe(0);
  });

  it('holds no address back for the failures of another', () => {
    expect(anAddressThatFailed(20).attempts.waitMs('10.0.0.2')).toBe(0);
  });

  it('forgets the oldest address rather than grow', () => {
    const { attempts } = anAddressThatFailed(20);
    for (let address = 1; address <= 10_000; address += 1) attempts.add(`other ${address}`);
    expect(attempts.waitMs('10.0.0.1')).toBe(0);
  });
});
