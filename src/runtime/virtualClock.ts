import type { Clock } from '../message/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly work: () => void;
}

/** A clock that stands until it is moved: a test runs a month in milliseconds, and a seed replays it. */
export interface VirtualClock extends Clock {
  /** Moves both clocks forward, calling what falls due in order; promises settle between two timers. */
  advance(ms: number): Promise<void>;
  /** Moves to the next timer and calls it; false when there is none. */
  step(): Promise<boolean>;
  /** Moves calendar time alone, as a changed wall clock does. */
  setNow(now: Date): void;
  /** Timers that are set: 0 where nothing was left behind. */
  timerCount(): number;
}

/** Small and even enough for tests: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Lets every promise that can settle do so: a macrotask ends only when the microtasks are done. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A virtual clock that starts at `start` (calendar) and 0 (elapsed), with chance from `seed`. */
export function virtualClock(start: Date, seed = 1): VirtualClock {
  let elapsed = 0;
  let calendarOffset = start.getTime();
  let order = 0;
  const timers = new Set<Timer>();

  const earliest = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) first = timer;
    }
    return first;
  };
  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer);
    elapsed = Math.max(elapsed, timer.dueMs);
    timer.work();
    await settlePromises();
  };

  return {
    now: () => new Date(calendarOffset + elapsed),
    elapsedMs: () => elapsed,
    random: seeded(seed),
    after(delayMs, work) {
      const timer = { dueMs: elapsed + Math.max(0, delayMs), order: order++, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const untilMs = elapsed + ms;
      await settlePromises();
      for (let timer = earliest(); timer && timer.dueMs <= untilMs; timer = earliest()) await fire(timer);
      elapsed = untilMs;
    },
    async step() {
      await settlePromises();
      const timer = earliest();
      if (timer) await fire(timer);
      return timer !== undefined;
    },
    setNow(now) {
      calendarOffset = now.getTime() - elapsed;
    },
    timerCount: () => timers.size,
  };
}
