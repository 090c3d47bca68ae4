import { fireTimes } from './fireTimes.ts';
import type { Schedule } from './schedule.ts';
import type { ScheduleView } from './listSchedules.ts';

/** A fire that is not decided yet. */
export interface ComingFire {
  readonly schedule: string;
  readonly job: string;
  /** Of the run that it would open. */
  readonly key: string;
  readonly zone: string;
  readonly fireAt: Date;
  /** Who has paused the schedule, so that it will be skipped; null where nobody has. */
  readonly pausedBy: string | null;
}

/** The next fires of all schedules that are enabled, the earliest first: those that are due and not decided, then those to come. */
export function comingFires(
  views: readonly ScheduleView[],
  schedules: readonly Pick<Schedule, 'name' | 'keyOf'>[],
  count: number,
): readonly ComingFire[] {
  const fires = schedules.flatMap(({ name, keyOf }) => {
    const view = views.find((candidate) => candidate.name === name);
    return view?.isEnabled ? nextOf(view, keyOf, count) : [];
  });
  return fires.sort((left, right) => left.fireAt.getTime() - right.fireAt.getTime()).slice(0, count);
}

function nextOf(
  { name, job, cron, zone, nextFireAt, pause }: ScheduleView,
  keyOf: Schedule['keyOf'],
  count: number,
): readonly ComingFire[] {
  const times = fireTimes(cron, zone);
  const fires: ComingFire[] = [];
  for (let fireAt = nextFireAt; fireAt !== undefined && fires.length < count; fireAt = times.after(fireAt)) {
    fires.push({ schedule: name, job, key: keyOf(fireAt), zone, fireAt, pausedBy: pause?.actor ?? null });
  }
  return fires;
}
