import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { pause } from '../../src/message/pause.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

it.each([
  ['its time is over', false],
  ['its signal is aborted', true],
])('a pause ends when %s, and leaves neither a timer nor a listener behind', async (_when, isAborted) => {
  const [clock, controller] = [virtualClock(new Date(0)), new AbortController()];
  let isOver = false;
  const paused = pause(clock, 100, controller.signal).then(() => (isOver = true));
  await clock.advance(99);
  expect({ isOver, timers: clock.timerCount() }).toEqual({ isOver: false, timers: 1 });
  if (isAborted) controller.abort();
  else await clock.advance(1);
  await paused;
  expect({ timers: clock.timerCount(), listeners: getEventListeners(controller.signal, 'abort').length }).toEqual({
    timers: 0,
    listeners: 0,
  });
});

it('a pause under a signal that is aborted already ends at once', async () => {
  const clock = virtualClock(new Date(0));
  await pause(clock, 100, AbortSignal.abort());
  expect(clock.timerCount()).toBe(0);
});
