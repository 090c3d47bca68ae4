import type { FiredSchedule } from '../runtime/schedules/runSchedules.ts';
import type { Schedule } from '../runtime/schedules/schedule.ts';
import { patternOf } from './scheduleOptions.ts';
import type { Options } from './joinedOptions.ts';
import type { System } from '../system.ts';

/** The schedules that a process fires, as its options have them. Throws a TypeError for one that names what there is not. */
export function firedSchedules<P>(
  { jobs, schedules }: Pick<System<P>, 'jobs' | 'schedules'>,
  options: Pick<Options, 'ofSchedule'>,
  isOurs: (schedule: Schedule) => boolean,
): readonly FiredSchedule[] {
  const fired = schedules.map((schedule) => {
    const job = jobs.find(({ name }) => name === schedule.job);
    if (job === undefined) throw new TypeError(`${schedule.name} is a schedule of ${schedule.job}, and there is no such job`);
    // What is misspelt here would not be waited for.
    const stranger = schedule.after.find((name) => !schedules.some((other) => other.name === name));
    if (stranger !== undefined) throw new TypeError(`${schedule.name} comes after ${stranger}, and there is no such schedule`);
    return { schedule, pattern: patternOf(schedule, options.ofSchedule(schedule.name)), planVersion: job.planVersion };
  });
  return fired.filter(({ schedule }) => isOurs(schedule));
}
