import { z } from 'zod';
import { WeirError } from '../../errors.ts';
import { listRuns } from '../../runtime/jobs/listRuns.ts';
import { stopRun } from '../../runtime/jobs/runState.ts';
import { showRun } from '../../runtime/jobs/showRun.ts';
import { defineAction, defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { runFields } from '../runFields.ts';

const runNumber = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'expected the number of a run')
  .meta({ description: 'number of the run: weir job list shows them' });

/** The latest runs of all jobs, or of one. */
export const listRunsRoute = defineQuestion({
  name: 'job.list',
  about: 'list the latest runs of jobs',
  role: 'viewer',
  hasOwnCommand: true,
  input: z.strictObject({
    job: z.string().max(100).optional().meta({ description: 'only those of this job' }),
    unfinished: z.boolean().default(false).meta({ description: 'only those that are not ended' }),
    before: runNumber.optional().meta({ description: 'before the run with this number' }),
    limit: z.int().min(1).max(200).default(50).meta({ description: 'runs at most (default 50)' }),
  }),
  answer: async ({ database }: HousePorts, { job, unfinished, before, limit }) => {
    const filter = { ...(job === undefined ? {} : { jobs: [job] }), isUnfinished: unfinished, limit };
    const runs = await listRuns(database, { ...filter, before: before === undefined ? undefined : BigInt(before) });
    return { runs: runs.map(runFields) };
  },
});

/** One run, with how far each of its partitions is and what it has put aside. */
export const showRunRoute = defineQuestion({
  name: 'job.show',
  about: 'show a run with its partitions and the rows that it has put aside',
  role: 'viewer',
  hasOwnCommand: true,
  input: z.strictObject({ run: runNumber }),
  answer: async ({ database }: HousePorts, { run: id }) => {
    const { partitionViews, skips, ...run } = await showRun(database, BigInt(id));
    return {
      ...runFields(run),
      partitionRows: partitionViews.map((partition) => ({
        ...{ name: partition.name, state: partition.state, rowsRead: Number(partition.rowsRead) },
        ...{ total: partition.total === null ? null : Number(partition.total), rowsPerSecond: partition.rowsPerSecond },
        ...{ etaSeconds: partition.etaSeconds ?? null, rowsSkipped: Number(partition.rowsSkipped), holder: partition.holder },
        ...{ failures: partition.failures, failure: partition.failure },
      })),
      skips: skips.map(({ skippedAt, resolvedAt, ...skip }) => ({
        ...skip,
        skippedAt: skippedAt.toISOString(),
        resolvedAt: resolvedAt?.toISOString() ?? null,
      })),
    };
  },
});

/** Stops a run in whichever daemons work on it. */
export const stopRunRoute = defineAction({
  name: 'job.stop',
  about: 'stop a run at its next chunk, in every daemon; run again, it goes on where it stood',
  role: 'operator',
  input: z.strictObject({ run: runNumber }),
  words: ['run'],
  target: ({ run }) => `run ${run}`,
  act: async (transaction, _ports: HousePorts, { run: id }) => {
    const [run] = await listRuns(transaction, { ids: [BigInt(id)] });
    if (run === undefined) throw new WeirError('notFound', `there is no run ${id}`);
    if (!(await stopRun(transaction, run.id)))
      throw new WeirError('refused', `${run.job}:${run.key} has ended already: it is ${run.status}`);
    const { rowsRead, total } = run;
    return {
      run: id,
      job: run.job,
      key: run.key,
      state: 'stopped',
      rowsRead: Number(rowsRead),
      total: total === null ? null : Number(total),
    };
  },
});
