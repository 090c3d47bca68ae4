import type { Workers } from './workers.ts';

/** A daemon that is killed in the middle of something, and the one that is started in its place. */
export interface Mishap {
  /** For people: `settling`. */
  readonly during: string;
  /** How far that is, from 0 to 1. */
  readonly progress: () => Promise<number>;
  readonly victim: string;
  readonly successor: string;
}

/** Kills a daemon by SIGKILL when about a third of something is done, and starts another. Answers what happened, for people. */
export async function killInTheMiddle(workers: Workers, { during, progress, victim, successor }: Mishap): Promise<string> {
  let done = 0;
  // Asks again and again without a pause: the middle may be short.
  while (done < 0.3) done = await progress();
  await workers.running.find(({ name }) => name === victim)?.kill();
  await workers.start(successor);
  return `${victim} is killed (SIGKILL) with ${Math.round(done * 100)} % of ${during} done; ${successor} starts`;
}
