import type { WeirProcess } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';

/** Shorter than Prometheus waits here. */
const inTimeMs = 1_200;

/** Resolves when a daemon answers scrapes in time: its first are slow, with everything still to be compiled, and would be taken for none. */
export async function answersInTime(weir: Pick<WeirProcess, 'ask'>): Promise<void> {
  await eventually('it answers scrapes in time', async () => {
    const askedMs = performance.now();
    await weir.ask('/metrics');
    return performance.now() - askedMs < inTimeMs;
  });
}
