import { z } from 'zod';
import { option } from '../../config/option.ts';
import { textOf } from '../errors.ts';
import { fireTimes } from '../runtime/schedules/fireTimes.ts';
import type { Pattern, Schedule } from '../runtime/schedules/schedule.ts';

/** What people may set of a schedule: `schedules.<its name>`. */
export interface ScheduleOptions {
  readonly cron: string;
  readonly enabled: boolean;
}

/** The options of a schedule. A pattern that cannot be read, or never comes, is told with the other options. */
export function scheduleOptions({ name, job, cron, zone }: Schedule): z.ZodObject {
  const refuseWrong = (text: string, context: z.RefinementCtx): void => {
    try {
      fireTimes(text, zone);
    } catch (error) {
      context.addIssue({ code: 'custom', message: textOf(error) });
    }
  };
  return z.strictObject({
    cron: option(z.string().superRefine(refuseWrong).default(cron), {
      about: `When ${name} opens a run of ${job}: minute, hour, day of month (L: the last), month, day of week, in ${zone}. Counts from the start of the process that brings it, and holds for all.`,
    }),
    enabled: option(z.boolean().default(true), {
      about: `Off: what ${name} would have run is recorded as skipped, and never made up for. Holds for all processes, as the last that was started has it.`,
    }),
  });
}

/** The pattern of a schedule as its options have it. */
export function patternOf({ zone }: Pick<Schedule, 'zone'>, { cron, enabled }: ScheduleOptions): Pattern {
  return { cron, zone, isEnabled: enabled };
}
