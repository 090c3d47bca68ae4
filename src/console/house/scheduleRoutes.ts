import { z } from 'zod';
import type { Json } from '../../runtime/jobs/job.ts';
import { comingFires, type ComingFire } from '../../runtime/schedules/comingFires.ts';
import { enabledOption } from '../../runtime/schedules/enabledOption.ts';
import { listSchedules, type KnownSchedule, type ScheduleView } from '../../runtime/schedules/listSchedules.ts';
import { missedFires } from '../../runtime/schedules/missedFires.ts';
import { pauseSchedule, resumeSchedule } from '../../runtime/schedules/schedulePauses.ts';
import { swallowedFires } from '../../runtime/schedules/swallowedFires.ts';
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
    const [views, missed] = await Promise.all([listSchedules(database, schedules, now), missedFires(database)]);
    const keys = new Map(schedules.map(({ schedule }) => [schedule.name, schedule.keyOf(now)]));
    return {
      schedules: views.map((view) => {
        const { lastFire } = view;
        return {
          ...{ schedule: view.name, job: view.job, profile: view.profile, cron: view.cron, zone: view.zone, isEnabled: view.isEnabled },
          offBy: offBy(view),
          ...pauseFields(view.pause),
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

/** Fires that an effect names, at most. */
const mostNamed = 5;

/** Has a schedule open nothing more. `offBy`: the option that has it off already. The answer names the next fires that fall to it, if it is not resumed before. */
export const pauseScheduleRoute = defineAction({
  name: 'schedule.pause',
  about: 'have a schedule open no more runs, in every daemon, until it is resumed; what it would have run is recorded as skipped',
  role: 'operator',
  input,
  words: ['schedule'],
  target: ({ schedule }) => schedule,
  act: async (transaction, ports: HousePorts, { schedule }, { name, reason }) => {
    const known = requireSchedule(ports, schedule);
    const now = ports.clock.now();
    const views = await listSchedules(transaction, [known], now);
    const coming = comingFires(views, [known.schedule], mostNamed);
    const isNew = await pauseSchedule(transaction, { schedule, actor: name, reason, pausedAt: now });
    const isHeld = ({ fireAt }: ComingFire): boolean => fireAt <= now && !known.schedule.isForgettable;
    return {
      ...{ schedule, state: isNew ? 'paused' : 'was paused before', offBy: views.map(offBy)[0] ?? null },
      waits: coming.filter(isHeld).map(fireFields),
      wouldSkip: coming.filter((fire) => !isHeld(fire)).map(fireFields),
    };
  },
});

/**
 * Ends the pause of a schedule. The answer names what pauses have swallowed and nobody has made up for; and the option that keeps the schedule
 * off all the same, which no action turns on.
 */
export const resumeScheduleRoute = defineAction({
  name: 'schedule.resume',
  about: 'have a paused schedule open runs again, unless an option has it off; what was skipped stays so',
  role: 'operator',
  input,
  words: ['schedule'],
  target: ({ schedule }) => schedule,
  act: async (transaction, ports: HousePorts, { schedule }) => {
    const known = requireSchedule(ports, schedule);
    const swallowed = await swallowedFires(transaction, [known.schedule]);
    const [off = null] = (await listSchedules(transaction, [known], ports.clock.now())).map(offBy);
    const state = (await resumeSchedule(transaction, schedule)) ? 'resumed' : 'was not paused';
    return {
      ...{ schedule, state: off === null ? state : `${state}, and stays off`, offBy: off },
      skipped: swallowed.length,
      skippedFires: swallowed.slice(-mostNamed).map(fireFields),
    };
  },
});

/** The option that has a schedule off; null where it is on. */
function offBy({ name, isEnabled }: Pick<ScheduleView, 'name' | 'isEnabled'>): string | null {
  return isEnabled ? null : enabledOption(name);
}

function requireSchedule({ schedules }: HousePorts, wanted: string): KnownSchedule {
  const named = schedules.map((known) => ({ name: known.schedule.name, known }));
  return requireNamed('schedule', named, wanted).known;
}

function fireFields({ job, key, fireAt }: Pick<ComingFire, 'job' | 'key' | 'fireAt'>): Readonly<Record<string, Json>> {
  return { fireAt: fireAt.toISOString(), job, key };
}
