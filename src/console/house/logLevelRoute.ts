import { z } from 'zod';
import { WeirError } from '../../errors.ts';
import { everything, logLevels } from '../../logging/logLevels.ts';
import { defineAction } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const longestMs = 24 * unitsMs.h;

/** Changes what the asked daemon logs, for a while: a process that starts again logs as its options say. */
export const logLevelRoute = defineAction({
  name: 'log.level',
  about: 'log one pipeline or job, or all, at another level for a while; of this daemon only',
  role: 'operator',
  input: z.strictObject({
    name: z
      .string()
      .max(100)
      .meta({ description: `name of a pipeline or job, or ${everything}` }),
    level: z.enum(logLevels).meta({ description: logLevels.join(', ') }),
    for: z
      .string()
      .regex(/^[1-9]\d{0,4}[smh]$/, 'expected a number and s, m or h, as 15m')
      .default('15m')
      .meta({ description: 'how long, as 90s, 15m (default) or 2h; then it is what it was' }),
  }),
  words: ['name', 'level'],
  target: ({ name }) => name,
  act: (_, { pipelines, jobs, clock }: HousePorts, { name, level, for: time }) => {
    const names = [everything, ...pipelines, ...jobs.map((job) => job.name)];
    if (!names.includes(name)) throw new WeirError('notFound', `nothing is called ${name}; there are ${names.join(', ')}`);
    const forMs = durationMs(time);
    if (forMs > longestMs)
      throw new WeirError('invalidKey', 'for: a level is changed for 24 hours at most; the option log.level is for good');
    return Promise.resolve({ name, level, until: new Date(clock.now().getTime() + forMs).toISOString() });
  },
  afterwards: ({ levels }, { name, level, for: time }) => levels.change(name, level, durationMs(time)),
});

function durationMs(time: string): number {
  return Number(time.slice(0, -1)) * unitsMs[time.slice(-1) as keyof typeof unitsMs];
}
