import type { Database } from '../connectors/database.ts';
import { requireNamed } from '../console/requireNamed.ts';
import { codeOf, textOf, WeirError } from '../errors.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { dryRun, type DryRunEnd } from '../runtime/jobs/dryRun.ts';
import type { JobEnd, JobSpec } from '../runtime/jobs/jobSpec.ts';
import { listRuns } from '../runtime/jobs/listRuns.ts';
import { runJob } from '../runtime/jobs/runJob.ts';
import { runSkipped } from '../runtime/jobs/runSkipped.ts';
import { showRun } from '../runtime/jobs/showRun.ts';
import { stopSignals, type StopSignals } from '../runtime/stopSignals.ts';
import { auditCommand } from './auditCommand.ts';
import { awaitSchema } from './awaitSchema.ts';
import { print, ready, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { dryRunSheet } from './dryRunSheet.ts';
import { jsonSheet } from './jsonSheet.ts';
import { runSheet } from './jobCommands.ts';
import { jobSettingsOf } from './jobSettings.ts';
import { openDatabaseOf, openHouse } from './openHouse.ts';
import { progressView, type ProgressState } from './progressBar.ts';

export interface RunJobFlags extends CommonFlags {
  readonly job: string;
  readonly key: string;
  readonly dryRun?: boolean;
  readonly skipped?: boolean;
  readonly reason?: string;
}

type AnySpec<P> = JobSpec<P, unknown, unknown, unknown, unknown>;

/** How often the progress of a run is read and drawn, in milliseconds. */
const drawEveryMs = 500;

/** `weir run --job NAME --key KEY`: opens or joins a run in the foreground, shows its progress, and ends with it. */
export async function runJobCommand<P>(place: Place<P>, flags: RunJobFlags): Promise<ExitCode> {
  const job = requireNamed('job', place.systems.jobs, flags.job);
  const key = job.parseKey(flags.key);
  if (flags.dryRun === true && flags.skipped === true) throw new WeirError('invalidKey', '--dry-run and --skipped exclude each other');
  if (flags.dryRun === true && job.preview === undefined) throw new WeirError('notFound', `${job.name} has no dry run`);
  const early = flags.dryRun === true ? undefined : refusalOf(() => job.checkKey?.(key, place.clock.now()));
  if (early !== undefined) {
    place.errors.write(`${early}\n`);
    return exitCodes.jobFailed;
  }
  const { options, log } = ready(place, flags);
  const signals = stopSignals(process, log);
  const database = openDatabaseOf(options.process, place.clock, log);
  let close = (): Promise<void> => database.close();
  try {
    await awaitSchema(database, place.migrations, { clock: place.clock, log, stop: signals.drain });
    const metrics = createMetrics(place.clock);
    const opened = await openHouse(options.process, database, { clock: place.clock, log, count: metrics.count });
    close = opened.close;
    const spec: AnySpec<P> = {
      job,
      ports: place.systems.openPorts(opened.house),
      options: options.ofJob(job.name),
      key: flags.key,
      database,
      clock: place.clock,
      meter: metrics.meterOf(job.name),
      log,
      holder: opened.house.instance,
      settings: jobSettingsOf(options.process),
      parts: new Set(),
      draining: signals.drain,
      signal: signals.cut,
    };
    if (flags.dryRun === true) return printDryRun(place, flags, await dryRun(spec));
    await auditRun(place, flags, database);
    if (flags.skipped === true) return await printSkipped(place, flags, spec);
    return await follow(place, flags, spec, signals);
  } finally {
    signals.dispose();
    await close();
  }
}

/** Why the time of a key has not come; undefined where it has. */
function refusalOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (codeOf(error) !== 'invalidKey') throw error;
    return textOf(error);
  }
}

/** A row before it begins, since it may be killed; what becomes of it is in the run. */
async function auditRun<P>(place: Place<P>, { job, key, skipped, reason }: RunJobFlags, database: Database): Promise<void> {
  const action = skipped === true ? 'run.skipped' : 'run.job';
  await auditCommand(place, database, { action, target: `${job}:${key}`, reason, input: { job, key }, result: { state: 'begun' } });
}

function printDryRun<P>(place: Place<P>, flags: RunJobFlags, end: DryRunEnd): ExitCode {
  print(place, flags, end, () => dryRunSheet(`${flags.job}:${flags.key}`, end));
  return exitCodes.ok;
}

async function printSkipped<P>(place: Place<P>, flags: RunJobFlags, spec: AnySpec<P>): Promise<ExitCode> {
  const end = await runSkipped(spec);
  print(place, flags, end, () => `Of the skipped rows ${end.resolved} are resolved; ${end.remaining} remain.`);
  return end.remaining === 0 ? exitCodes.ok : exitCodes.jobFailed;
}

async function follow<P>(place: Place<P>, flags: RunJobFlags, spec: AnySpec<P>, signals: StopSignals): Promise<ExitCode> {
  const stopDrawing = drawProgress(place, spec);
  let end: JobEnd;
  try {
    end = await runJob(spec);
  } catch (error) {
    if (codeOf(error) !== 'alreadyCompleted' && codeOf(error) !== 'newerVersion') throw error;
    place.errors.write(`${textOf(error)}\n`);
    return exitCodes.jobFailed;
  } finally {
    await stopDrawing();
  }
  const run = await showRun(spec.database, end.runId);
  const report = await spec.job.report?.(spec.ports, spec.job.parseKey(spec.key));
  print(place, flags, { ...run, report }, () => [runSheet(run), ...jsonSheet('in all', report)].join('\n\n'));
  if (end.how === 'completed') return exitCodes.ok;
  return signals.drain.aborted ? exitCodes.failed : exitCodes.jobFailed;
}

/** Draws the partitions of the run until told to stop, the last time then. */
function drawProgress<P>(place: Place<P>, spec: AnySpec<P>): () => Promise<void> {
  const view = progressView(place.errors, spec.clock);
  let cancel: () => void = () => undefined;
  let isOver = false;
  let drawing: Promise<void> = Promise.resolve();
  const again = (): void => {
    cancel = spec.clock.after(drawEveryMs, () => {
      drawing = progressOf(spec).then((states) => {
        if (isOver) return;
        view.show(states);
        again();
      });
    });
  };
  again();
  return async () => {
    isOver = true;
    cancel();
    await drawing;
    view.end(await progressOf(spec));
  };
}

/** The partitions of the run; none when it cannot be read, since a picture must not end the work. */
async function progressOf<P>({ database, job, key }: AnySpec<P>): Promise<readonly ProgressState[]> {
  try {
    const run = (await listRuns(database, { jobs: [job.name] })).find((candidate) => candidate.key === key);
    if (run === undefined) return [];
    const { partitionViews } = await showRun(database, run.id);
    return partitionViews.map(({ name, rowsRead, total, rowsPerSecond }) => ({
      label: `${job.name} ${name}`,
      done: Number(rowsRead),
      total: total === null ? undefined : Number(total),
      perSecond: rowsPerSecond,
    }));
  } catch {
    return [];
  }
}
