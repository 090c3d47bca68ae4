import type { ScheduleView } from '../../runtime/schedules/listSchedules.ts';
import { mostSwallowed, type SwallowedFire } from '../../runtime/schedules/swallowedFires.ts';
import type { Attention } from './attention.ts';

/** A job is late from here on, as the alert has it. */
const lateMs = 30 * 60_000;

const view = '#/schedules';

export function isLate({ lateSince }: ScheduleView, now: Date): boolean {
  return lateSince !== undefined && now.getTime() - lateSince.getTime() > lateMs;
}

/**
 * What of a schedule a person should look at: that it is late, that it is paused, and what a pause has swallowed, for as long as nobody has
 * made up for it, also when the pause is over.
 */
export function scheduleAttention(schedule: ScheduleView, swallowed: readonly SwallowedFire[], now: Date): readonly Attention[] {
  const { name, pause, lateSince } = schedule;
  const items: Attention[] = [];
  if (isLate(schedule, now)) {
    items.push({ level: 'page', view, text: `${name} was due at ${lateSince?.toISOString() ?? ''} and has not completed` });
  }
  const own = swallowed.filter((fire) => fire.schedule === name);
  const [oldest] = own;
  if (oldest !== undefined) items.push({ level: 'page', view, text: swallowedText(oldest, own.length) });
  if (pause !== undefined) {
    items.push({
      level: 'ticket',
      view,
      text: `${name} is paused by ${pause.actor} since ${pause.pausedAt.toISOString()}: ${pause.reason}`,
    });
  }
  return items;
}

function swallowedText({ job, key, fireAt, pausedBy }: SwallowedFire, count: number): string {
  const others = count === 1 ? '' : `, and ${count < mostSwallowed ? '' : 'at least '}${count - 1} more`;
  return `${job}:${key} did not run at ${fireAt.toISOString()}, since ${pausedBy} had paused its schedule${others}: run it, or run it and stop it`;
}
