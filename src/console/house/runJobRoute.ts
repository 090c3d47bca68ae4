import { z } from 'zod';
import { lockRun, openRunWithin } from '../../runtime/jobs/openRun.ts';
import { requireNamed } from '../requireNamed.ts';
import { defineAction } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/**
 * Opens the run of a key, or one that failed or was stopped again: whichever daemon has the job's profile works on it. A new run is answered without
 * a number: what the effect would take from the sequence is not what the action takes.
 */
export const runJobRoute = defineAction({
  name: 'job.run',
  about: 'open the run of a key, or go on with one that failed: the daemons work on it',
  role: 'operator',
  input: z.strictObject({
    job: z.string().max(100).meta({ description: 'name of the job: weir pipelines lists them' }),
    key: z.string().max(100).meta({ description: 'key of the run, as 2026-11' }),
  }),
  words: ['job'],
  target: ({ job, key }) => `${job}:${key}`,
  act: async (transaction, { jobs, clock }: HousePorts, input) => {
    const job = requireNamed('job', jobs, input.job);
    job.checkKey?.(job.parseKey(input.key), clock.now());
    const request = { job: job.name, key: input.key, planVersion: job.planVersion };
    const before = await lockRun(transaction, request);
    await openRunWithin(transaction, request);
    return { job: job.name, key: input.key, state: stateOf(before), run: before?.id.toString() ?? null };
  },
});

function stateOf(before: Awaited<ReturnType<typeof lockRun>>): string {
  if (before === undefined) return 'new';
  if (before.status === 'PLANNING' || before.status === 'OPEN') return 'under way already';
  return before.failureCode === 'incomplete' ? 'made again from its first row' : 'goes on where it stood';
}
