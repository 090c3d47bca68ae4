import { waitText } from '../message/wait.ts';
import type { Supervised } from '../runtime/supervise.ts';

/** What a pipeline of this process waits for, and its source, in one text; null where neither waits. */
export function waitsFor(pipeline: Supervised | undefined): string | null {
  return [...(pipeline?.waits() ?? []).map(waitText), pipeline?.source()?.reason ?? ''].filter(Boolean).join('; ') || null;
}
