import type { Supervised } from './supervise.ts';

/**
 * Drains pipelines together; cuts those that are not done when `cut` is aborted. Resolves when all have ended: true when each of
 * them drained cleanly.
 */
export async function stopAll(pipelines: readonly Supervised[], cut: AbortSignal): Promise<boolean> {
  const cutAll = (): void => {
    for (const pipeline of pipelines) pipeline.cut();
  };
  for (const pipeline of pipelines) pipeline.drain();
  if (cut.aborted) cutAll();
  else cut.addEventListener('abort', cutAll, { once: true });
  const ends = await Promise.all(pipelines.map((pipeline) => pipeline.ended));
  cut.removeEventListener('abort', cutAll);
  return ends.every(Boolean);
}
