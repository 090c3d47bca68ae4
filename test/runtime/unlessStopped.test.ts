import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { unlessStopped } from '../../src/runtime/unlessStopped.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

describe('unlessStopped', () => {
  it('waits for the work as long as nobody stops, and leaves neither timer nor listener', async () => {
    const [clock, stop] = [virtualClock(new Date(0)), new AbortController()];
    const work = Promise.withResolvers<number>();
    const answer = unlessStopped(clock, stop.signal, work.promise);
    await clock.advance(1e9);
    work.resolve(7);
    expect(await answer).toBe(7);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    expect(await clock.step()).toBe(false);
  });

  it.each([true, false])('gives up a second after the stop (before the work began: %s)', async (isBefore) => {
    const [clock, stop] = [virtualClock(new Date(0)), new AbortController()];
    if (isBefore) stop.abort();
    const answer = unlessStopped(clock, stop.signal, new Promise<number>(() => undefined));
    stop.abort();
    await clock.advance(1_000);
    expect(await answer).toBeUndefined();
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('takes an answer that comes in that second, and an error', async () => {
    const [clock, stop] = [virtualClock(new Date(0)), new AbortController()];
    const work = Promise.withResolvers<number>();
    const answer = unlessStopped(clock, stop.signal, work.promise);
    stop.abort();
    await clock.advance(999);
    work.resolve(7);
    expect(await answer).toBe(7);
    expect(await clock.step()).toBe(false);
    await expect(unlessStopped(clock, stop.signal, Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
  });
});
