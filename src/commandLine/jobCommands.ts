import { WeirError } from '../errors.ts';
import { listRuns, type RunSummary } from '../runtime/jobs/listRuns.ts';
import { showRun, type RunView } from '../runtime/jobs/showRun.ts';
import { print, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { instantText } from './instantText.ts';
import { onDatabase } from './onDatabase.ts';
import { table } from './table.ts';

/** `weir job list`: the latest runs. */
export async function listJobs<P>(place: Place<P>, flags: CommonFlags): Promise<ExitCode> {
  const runs = await onDatabase(place, flags, (database) => listRuns(database));
  print(place, flags, runs, () => (runs.length === 0 ? 'There are no runs yet.' : runTable(runs)));
  return exitCodes.ok;
}

/** `weir job show ID`: one run with its partitions and skips. */
export async function showJob<P>(place: Place<P>, flags: CommonFlags, id: string): Promise<ExitCode> {
  if (!/^\d{1,18}$/.test(id)) throw new WeirError('invalidKey', `a run has a number, got "${id}": weir job list shows them`);
  const run = await onDatabase(place, flags, (database) => showRun(database, BigInt(id)));
  print(place, flags, run, () => runSheet(run));
  return exitCodes.ok;
}

function runTable(runs: readonly RunSummary[]): string {
  return table(
    ['run', 'job', 'key', 'status', 'rows', 'of', 'skipped', 'begun', 'ended'],
    runs.map((run) => [
      run.id,
      run.job,
      run.key,
      run.status,
      run.rowsRead,
      run.total ?? undefined,
      run.skipped,
      instantText(run.createdAt),
      run.finishedAt === null ? undefined : instantText(run.finishedAt),
    ]),
  );
}

/** A run as people read it: what it is, each partition, what was skipped. */
export function runSheet(run: RunView): string {
  const parts = [runTable([run])];
  // The failure stays in the row of a run that was run again.
  const standing = run.status === 'FAILED' ? 'FAILED' : 'recovered from';
  if (run.failure !== null) parts.push(`${standing}: ${run.failure} (${run.failureCode ?? ''})`);
  parts.push(
    table(
      ['partition', 'state', 'rows', 'of', 'rows/s', 'left', 'skipped', 'holder'],
      run.partitionViews.map((partition) => [
        partition.name,
        partition.state,
        partition.rowsRead,
        partition.total ?? undefined,
        Math.round(partition.rowsPerSecond),
        partition.etaSeconds === undefined ? undefined : `${Math.ceil(partition.etaSeconds)} s`,
        partition.rowsSkipped,
        partition.holder ?? undefined,
      ]),
    ),
  );
  const open = run.skips.filter(({ resolvedAt }) => resolvedAt === null);
  if (open.length > 0) {
    const rows = open.map(({ partition, position, stage, code, reason }) => [partition, position, stage, code, reason]);
    parts.push(table(['partition', 'skipped row', 'stage', 'code', 'reason'], rows));
  }
  return parts.join('\n\n');
}
