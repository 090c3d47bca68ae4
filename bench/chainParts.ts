import type { Logger } from '../src/logging/logger.ts';
import { createMetrics } from '../src/metrics/metrics.ts';
import { realClock } from '../src/runtime/clock.ts';
import type { ChainRun, ChainSpec } from '../src/runtime/runChain.ts';
import type { WindowLimits } from '../src/runtime/window.ts';

/** Tells nothing but what is wrong: what a benchmark measures has nothing to warn of. */
export const benchLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (sentence, fields) => console.error(sentence, fields),
  error: (sentence, fields) => console.error(sentence, fields),
};

/** The metrics of this process, the real ones. */
export const benchMetrics = createMetrics(realClock);

/** What a chain in the daemon is given, too: the machine's clock and the real metrics. */
export function chainParts(name: string, limits: WindowLimits): Omit<ChainSpec<never>, 'source' | 'chain'> {
  return { name, clock: realClock, meter: benchMetrics.meterOf(name), log: benchLog, limits, stopTimeoutMs: 10_000 };
}

/** Waits for a chain to complete; throws when it ends otherwise, or counts anything but `done`. */
export async function completed(chain: ChainRun): Promise<void> {
  const end = await chain.ended;
  if (end.how === 'failed') throw end.error;
  const { received, done } = chain.counts();
  if (end.how !== 'completed' || done !== received) throw new Error(`The chain ended ${end.how} with ${done} of ${received} done.`);
}
