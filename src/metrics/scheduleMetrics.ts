import type { Counter, Gauge } from 'prom-client';
import type { Clock } from '../message/clock.ts';
import type { ScheduleMeter } from '../runtime/schedules/runSchedules.ts';

/** What schedules are measured in. */
interface ScheduleMetricSet {
  readonly misses: Counter;
  readonly late: Gauge;
}

/** The meter of the schedules of this process; `refresh` writes at a scrape how late they are then. */
export function scheduleMetrics({ misses, late }: ScheduleMetricSet, clock: Clock): { readonly meter: ScheduleMeter; refresh(): void } {
  const lateSince = new Map<string, Date | undefined>();
  return {
    meter: {
      missed: (schedule, count) => misses.inc({ schedule }, count),
      lateSince(schedule, fireAt) {
        // By 0, the series is there from then on, so that its first rise is seen as one.
        if (!lateSince.has(schedule)) misses.inc({ schedule }, 0);
        lateSince.set(schedule, fireAt);
      },
    },
    refresh() {
      for (const [schedule, fireAt] of lateSince) {
        late.set({ schedule }, fireAt === undefined ? 0 : Math.max(0, clock.now().getTime() - fireAt.getTime()) / 1_000);
      }
    },
  };
}
