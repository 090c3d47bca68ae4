import { z } from 'zod';
import { openRunWithin } from '../../runtime/jobs/openRun.ts';
import { requireNamed } from '../requireNamed.ts';
import { defineAction } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** Opens the run of a key, or one that failed or was stopped again: whichever daemon has the job's profile works on it. */
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
  act: async (transaction, { jobs }: HousePorts, input) => {
    const job = requireNamed('job', jobs, input.job);
    job.parseKey(input.key);
    const run = await openRunWithin(transaction, { job: job.name, key: input.key, planVersion: job.planVersion });
    return { run: run.toString(), job: job.name, key: input.key };
  },
});
