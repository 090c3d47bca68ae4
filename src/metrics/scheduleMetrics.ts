import type { Counter, Gauge } from 'prom-client';
import type { Clock } from '../message/clock.ts';
import type { ScheduleMeter } from '../runtime/schedules/runSchedules.ts';
import type { MetricName } from './catalogue.ts';

/** The meter of the schedules of this process; `refresh` writes at a scrape how late they are then, and for how long they are paused. */
export function scheduleMetrics(
  counter: (name: MetricName) => Counter,
  gauge: (name: MetricName) => Gauge,
  clock: Clock,
): { readonly meter: ScheduleMeter; refresh(): void } {
  const misses = counter('weir_schedule_misses_total');
  const [late, paused] = [gauge('weir_schedule_late_seconds'), gauge('weir_schedule_paused_seconds')];
  const [swallowed, off] = [gauge('weir_schedule_swallowed_fires'), gauge('weir_schedule_off')];
  const lateSince = new Map<string, Date | undefined>();
  const pausedSince = new Map<string, Date | undefined>();
  const secondsSince = (at: Date | undefined): number => (at === undefined ? 0 : Math.max(0, clock.now().getTime() - at.getTime()) / 1_000);
  return {
    meter: {
      missed: (schedule, count) => misses.inc({ schedule }, count),
      lateSince(schedule, fireAt) {
        // By 0, the series is there from then on, so that its first rise is seen as one.
        if (!lateSince.has(schedule)) misses.inc({ schedule }, 0);
        lateSince.set(schedule, fireAt);
      },
      paused(schedule, since, count) {
        pausedSince.set(schedule, since);
        swallowed.set({ schedule }, count);
      },
      off: (schedule, isOff) => off.set({ schedule }, Number(isOff)),
    },
    refresh() {
      for (const [schedule, fireAt] of lateSince) late.set({ schedule }, secondsSince(fireAt));
      for (const [schedule, at] of pausedSince) paused.set({ schedule }, secondsSince(at));
    },
  };
}
