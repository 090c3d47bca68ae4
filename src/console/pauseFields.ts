import type { Json } from '../runtime/jobs/job.ts';

/** Who has paused something, when and why, as routes answer it; null where nobody has. */
export function pauseFields(
  pause: { readonly actor: string; readonly pausedAt: Date; readonly reason: string } | undefined,
): Readonly<Record<'pausedBy' | 'pausedAt' | 'pausedBecause', Json>> {
  return { pausedBy: pause?.actor ?? null, pausedAt: pause?.pausedAt.toISOString() ?? null, pausedBecause: pause?.reason ?? null };
}
