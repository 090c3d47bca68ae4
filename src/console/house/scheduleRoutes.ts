import { z } from 'zod';
import { listSchedules } from '../../runtime/schedules/listSchedules.ts';
import { missedFires } from '../../runtime/schedules/missedFires.ts';
import { listSchedulePauses, pauseSchedule, resumeSchedule } from '../../runtime/schedules/schedulePauses.ts';
import { pauseFields } from '../pauseFields.ts';
import { requireNamed } from '../requireNamed.ts';
import { defineAction, defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** Schedules as they are in force. `keyNow`: of the run that each would open now. */
export const listSchedulesRoute = defineQuestion({
  name: 'schedule.list',
  about: 'list the schedules as they are in force: their next and last fires, what they missed, who paused one',
  role: 'viewer',
  hasOwnCommand: true,
  input: z.strictObject({}),
  answer: async ({ database, clock, schedules }: HousePorts) => {
    const now = clock.now();
    const [views, pauses, missed] = await Promise.all([
      listSchedules(database, schedules, now),
      listSchedulePauses(database),
      missedFires(database),
    ]);
    const keys = new Map(schedules.map(({ schedule }) => [schedule.name, schedule.keyOf(now)]));
    return {
      schedules: views.map((view) => {
        const pause = pauses.find(({ schedule }) => schedule === view.name);
        const { lastFire } = view;
        return {
          ...{ schedule: view.name, job: view.job, profile: view.profile, cron: view.cron, zone: view.zone, isEnabled: view.isEnabled },
          ...pauseFields(pause),
          ...{ nextAt: view.nextFireAt?.toISOString() ?? null, lastAt: lastFire?.fireAt.toISOString() ?? null },
          ...{ lastState: lastFire?.runStatus ?? lastFire?.state ?? null, lastRun: lastFire?.runId?.toString() ?? null },
          ...{ lastReason: lastFire?.reason ?? null, lateSince: view.lateSince?.toISOString() ?? null },
          ...{ missed: missed.get(view.name) ?? 0, keyNow: keys.get(view.name) ?? null },
        };
      }),
    };
  },
});

const input = z.strictObject({
  schedule: z.string().max(100).meta({ description: 'name of the schedule: weir schedule list shows them' }),
});

/** Has a schedule open nothing more. */
export const pauseScheduleRoute = defineAction({
  name: 'schedule.pause',
  about: 'have a schedule open no more runs, in every daemon, until it is resumed; what it would have run is recorded as skipped',
  role: 'operator',
  input,
  words: ['schedule'],
  target: ({ schedule }) => schedule,
  act: async (transaction, ports: HousePorts, { schedule }, { name, reason }) => {
    requireSchedule(ports, schedule);
    const isNew = await pauseSchedule(transaction, { schedule, actor: name, reason, pausedAt: ports.clock.now() });
    return { schedule, state: isNew ? 'paused' : 'was paused before' };
  },
});

/** Ends the pause of a schedule. */
export const resumeScheduleRoute = defineAction({
  name: 'schedule.resume',
  about: 'have a paused schedule open runs again; what was skipped stays so',
  role: 'operator',
  input,
  words: ['schedule'],
  target: ({ schedule }) => schedule,
  act: async (transaction, ports: HousePorts, { schedule }) => {
    requireSchedule(ports, schedule);
    return { schedule, state: (await resumeSchedule(transaction, schedule)) ? 'resumed' : 'was not paused' };
  },
});

function requireSchedule({ schedules }: HousePorts, wanted: string): void {
  requireNamed(
    'schedule',
    schedules.map(({ schedule }) => schedule),
    wanted,
  );
}
