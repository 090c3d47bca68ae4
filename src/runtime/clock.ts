import type { Clock } from '../message/clock.ts';

/** The machine's clocks and its chance. The only place that asks for them. */
export const realClock: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  random: () => Math.random(),
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};
