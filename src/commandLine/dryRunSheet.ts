import type { DryRunEnd } from '../runtime/jobs/dryRun.ts';
import { jsonSheet } from './jsonSheet.ts';
import { table } from './table.ts';

/** A dry run as people read it: what would have been done, by whatever the job summed up, and what would have been put aside. */
export function dryRunSheet(run: string, { rows, dead, skips, summary }: DryRunEnd): string {
  const head = `Nothing was written. ${run} would read ${grouped(rows)} rows and put ${grouped(dead)} aside.`;
  const parts = [head, ...jsonSheet('in all', summary)];
  if (skips.length > 0) {
    const lines = skips.map(({ partition, position, stage, code, reason }) => [partition, position, stage, code, reason]);
    parts.push(table(['partition', 'row put aside', 'stage', 'code', 'reason'], lines));
  }
  return parts.join('\n\n');
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
