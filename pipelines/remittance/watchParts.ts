import { z } from 'zod';

/** How the late requests of a run are told of: each alone, or all together where there are too many to be read. */
export type WatchHow = 'alone' | 'together';

/** A partition, as the run keeps it. */
interface WatchPlan {
  readonly name: WatchHow;
  readonly input: { readonly how: WatchHow };
  readonly total: number;
}

const part = z.object({ how: z.enum(['alone', 'together']) });

/** The one partition of a run; none where nobody is late. */
export function planWatch(late: number, { mostAlone }: { readonly mostAlone: number }): readonly WatchPlan[] {
  if (late === 0) return [];
  return late > mostAlone
    ? [{ name: 'together', input: { how: 'together' }, total: 1 }]
    : [{ name: 'alone', input: { how: 'alone' }, total: late }];
}

export function readHow(input: unknown): WatchHow {
  return part.parse(input).how;
}

/** Requests that were made before then take too long for a run: its key is the minute as of which it looks. */
export function madeBeforeOf(asOf: Date, { olderThanMs }: { readonly olderThanMs: number }): Date {
  return new Date(asOf.getTime() - olderThanMs);
}
