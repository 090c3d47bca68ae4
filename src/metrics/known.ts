import type { Clock } from '../message/clock.ts';

/** How long a scrape waits to be told, in milliseconds: well below the time limit of whoever scrapes. */
const tellingLimitMs = 1_000;

/** The answer, or undefined when nobody can tell in time: a broker that is away must not take the other metrics with it. */
export function known<T>(ask: () => Promise<T>, clock: Clock): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(tellingLimitMs, () => resolve(undefined));
    const end = (answer: T | undefined): void => {
      cancel();
      resolve(answer);
    };
    ask().then(end, () => end(undefined));
  });
}
