import { enabledOption } from '../../runtime/schedules/enabledOption.ts';
import type { ScheduleView } from '../../runtime/schedules/listSchedules.ts';
import { mostSwallowed, type SwallowedFire } from '../../runtime/schedules/swallowedFires.ts';
import type { Attention } from './attention.ts';

/** A job is late from here on, as the alert has it. */
const lateMs = 30 * 60_000;

const view = '#/schedules';

export function isLate({ lateSince }: Pick<ScheduleView, 'lateSince'>, now: Date): boolean {
  return lateSince !== undefined && now.getTime() - lateSince.getTime() > lateMs;
}

/**
 * What of a schedule a person should look at: that it is late; what a pause has swallowed, for as long as nobody has made up for it, also when
 * the pause is over; that it is paused, or off by an option.
 *
 * What keeps a schedule from firing is as urgent as the work that it keeps: by day, and now once that is late. What a sweep leaves undone has a
 * gauge of its own.
 */
export function scheduleAttention(schedule: ScheduleView, swallowed: readonly SwallowedFire[], now: Date): readonly Attention[] {
  const { name, pause, lateSince, isEnabled, firstSeenAt } = schedule;
  const items: Attention[] = [];
  const add = (level: Attention['level'], since: Date | undefined, text: string): void => {
    items.push({ level, view, since: since?.toISOString() ?? null, text });
  };
  const own = swallowed.filter((fire) => fire.schedule === name);
  const [oldest] = own;
  const isLateNow = isLate(schedule, now);
  if (isLateNow) add('page', lateSince, `${name} was due and has not completed`);
  if (oldest !== undefined) add('page', oldest.fireAt, swallowedText(oldest, own.length));
  if (pause !== undefined) {
    const isNow = isLateNow || oldest !== undefined;
    add(isNow ? 'page' : 'ticket', pause.pausedAt, `${name} is paused by ${pause.actor}: ${pause.reason}`);
  }
  // What no process has seen yet is not in force.
  if (!isEnabled && firstSeenAt !== undefined) {
    add(isLateNow ? 'page' : 'ticket', undefined, `${name} is off by ${enabledOption(name)}: what it would run is skipped`);
  }
  return items;
}

function swallowedText({ job, key, pausedBy }: SwallowedFire, count: number): string {
  const others = count === 1 ? '' : `, and ${count < mostSwallowed ? '' : 'at least '}${count - 1} more`;
  return `${job}:${key} did not run, because ${pausedBy} had paused its schedule${others}: run it, or run it and stop it`;
}
