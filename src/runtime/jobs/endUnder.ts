import type { ChainRun, RunEnd } from '../runChain.ts';

/** What ends a run from outside. */
export interface Endings {
  readonly drain?: AbortSignal;
  readonly cut: AbortSignal;
}

/** Waits for the end of a run that these signals drain and cut. Rejects with the error of a run that failed. */
export async function endUnder(run: ChainRun, { drain, cut }: Endings): Promise<RunEnd> {
  const onDrain = (): void => run.drain();
  const onCut = (): void => run.cut();
  drain?.addEventListener('abort', onDrain, { once: true });
  cut.addEventListener('abort', onCut, { once: true });
  if (drain?.aborted === true) onDrain();
  if (cut.aborted) onCut();
  const end = await run.ended;
  drain?.removeEventListener('abort', onDrain);
  cut.removeEventListener('abort', onCut);
  if (end.how === 'failed') throw end.error;
  return end;
}
