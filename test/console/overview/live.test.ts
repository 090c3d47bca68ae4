import { describe, expect, it } from 'vitest';
import { Live } from '../../../src/console/overview/live.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { silent } from '../../support/aSpec.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function aLive(show: () => Promise<{ readonly asked: number }>): { readonly live: Live; readonly clock: VirtualClock } {
  const clock = virtualClock(new Date('2026-11-01T00:00:00Z'));
  return { live: new Live({ show, clock, log: silent }), clock };
}

describe('Live', () => {
  it('asks once for all that listen, every two seconds, and not at all while nobody does', async () => {
    let asked = 0;
    const { live, clock } = aLive(() => Promise.resolve({ asked: (asked += 1) }));
    const told: string[] = [];
    const listeners = Array.from({ length: 20 }, (_, number) => live.add((event) => told.push(`${number} ${event}`) > 0));
    await tick();
    expect({ asked, told: told.length }).toEqual({ asked: 1, told: 20 });
    await clock.advance(2_000);
    await tick();
    expect({ asked, told: told.length }).toEqual({ asked: 2, told: 40 });
    for (const { forget } of listeners) forget();
    await clock.advance(10_000);
    await tick();
    expect(asked).toBe(2);
  });

  it('tells who comes later at once what was told last', async () => {
    const { live } = aLive(() => Promise.resolve({ asked: 1 }));
    live.add(() => true);
    await tick();
    const told: string[] = [];
    live.add((event) => told.push(event) > 0);
    expect(told).toEqual(['event: overview\ndata: {"asked":1}\n\n']);
  });

  it('tells nothing more to who has not read, until he has', async () => {
    const { live, clock } = aLive(() => Promise.resolve({ asked: 1 }));
    const told: string[] = [];
    const { drained } = live.add((event) => told.push(event) < 0);
    await tick();
    await clock.advance(2_000);
    await tick();
    expect(told).toHaveLength(1);
    drained();
    await clock.advance(2_000);
    await tick();
    expect(told).toHaveLength(2);
  });

  it('says that it cannot tell, and tells again once it can', async () => {
    let isAway = true;
    const { live, clock } = aLive(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve({ asked: 1 })));
    const told: string[] = [];
    live.add((event) => told.push(event) > 0);
    await tick();
    isAway = false;
    await clock.advance(2_000);
    await tick();
    expect(told.map((event) => event.split('\n')[0])).toEqual(['event: unknown', 'event: overview']);
  });
});
