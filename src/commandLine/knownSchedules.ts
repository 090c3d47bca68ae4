import type { KnownSchedule } from '../runtime/schedules/listSchedules.ts';
import type { Schedule } from '../runtime/schedules/schedule.ts';
import type { Options } from './joinedOptions.ts';
import { patternOf } from './scheduleOptions.ts';

/** Schedules with what the options of this process say of them. */
export function knownSchedules(schedules: readonly Schedule[], options: Pick<Options, 'ofSchedule'>): readonly KnownSchedule[] {
  return schedules.map((schedule) => ({ schedule, pattern: patternOf(schedule, options.ofSchedule(schedule.name)) }));
}
