import { describe, expect, it } from 'vitest';
import { WeirError } from '../../../src/errors.ts';
import { Lease } from '../../../src/runtime/jobs/lease.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

const times = { leaseMs: 4_000, heartbeatMs: 1_000 };

function aLease(renew: () => Promise<boolean>): {
  readonly clock: ReturnType<typeof virtualClock>;
  readonly lease: Lease;
  readonly lost: WeirError[];
} {
  const clock = virtualClock(new Date(0));
  const lost: WeirError[] = [];
  const lease = new Lease({ name: 'partition 1 of a:b', clock, times, renew, lost: (reason) => lost.push(reason) }, 0);
  return { clock, lease, lost };
}

describe('a lease', () => {
  it('is renewed at every heartbeat until it is stopped', async () => {
    let renewals = 0;
    const { clock, lease, lost } = aLease(() => {
      renewals += 1;
      return Promise.resolve(true);
    });
    await clock.advance(10_500);
    expect(renewals).toBe(10);
    lease.stop();
    await clock.advance(10_000);
    expect(renewals).toBe(10);
    expect(lost).toEqual([]);
    expect(lease.remainingMs()).toBe(0);
  });

  it('is not renewed where a write has renewed it', async () => {
    let renewals = 0;
    const { clock, lease } = aLease(() => {
      renewals += 1;
      return Promise.resolve(true);
    });
    for (let write = 0; write < 10; write += 1) {
      await clock.advance(900);
      lease.renewed(clock.elapsedMs());
    }
    expect(renewals).toBe(0);
    lease.stop();
  });

  it('is trusted from the start of its renewal, not from its end', async () => {
    const answer = Promise.withResolvers<boolean>();
    let renewals = 0;
    const { clock, lease } = aLease(() => {
      renewals += 1;
      return renewals === 1 ? answer.promise : new Promise(() => undefined);
    });
    await clock.advance(2_500);
    expect(renewals).toBe(1);
    answer.resolve(true);
    await clock.advance(0);
    // Begun at 1,000 and trusted for 3,000.
    expect(lease.remainingMs()).toBe(1_500);
    lease.stop();
  });

  it('is lost, before it is over, when no renewal is answered', async () => {
    const { clock, lost } = aLease(() => new Promise(() => undefined));
    await clock.advance(2_999);
    expect(lost).toEqual([]);
    await clock.advance(1);
    expect(lost).toMatchObject([{ code: 'fenced' }]);
    expect(lost[0]?.message).toContain('partition 1 of a:b');
  });

  it('is tried again after an error as long as it is trusted, and lost with its reason', async () => {
    let renewals = 0;
    const { clock, lost } = aLease(() => {
      renewals += 1;
      return Promise.reject(new WeirError('unavailable', 'the database is away'));
    });
    await clock.advance(10_000);
    expect(renewals).toBe(4);
    expect(lost).toMatchObject([{ code: 'fenced', message: expect.stringContaining('the database is away') as string }]);
  });

  it('survives an outage that is shorter than its trust', async () => {
    let isAway = true;
    const { clock, lease, lost } = aLease(() => (isAway ? Promise.reject(new WeirError('unavailable', 'away')) : Promise.resolve(true)));
    await clock.advance(2_000);
    isAway = false;
    await clock.advance(20_000);
    expect(lost).toEqual([]);
    lease.stop();
  });

  it('is lost at once, and once, when another holds it', async () => {
    const { clock, lease, lost } = aLease(() => Promise.resolve(false));
    await clock.advance(1_000);
    expect(lost).toHaveLength(1);
    lease.lose();
    expect(lost).toHaveLength(1);
  });
});
