import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import { breakable } from '../breakable.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { agedMoment, moment } from '../moment.ts';
import { table } from '../table.ts';
import { countText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

interface ScheduleRow {
  readonly schedule: string;
  readonly job: string;
  readonly profile: string;
  readonly cron: string;
  readonly zone: string;
  readonly isEnabled: boolean;
  /** The option that has it off. */
  readonly offBy?: string | null;
  readonly pausedBy: string | null;
  readonly pausedAt: string | null;
  readonly pausedBecause: string | null;
  readonly nextAt: string | null;
  readonly lastAt: string | null;
  readonly lastState: string | null;
  readonly lastRun: string | null;
  readonly lastReason: string | null;
  readonly lateSince: string | null;
  readonly missed: number | null;
  readonly keyNow: string | null;
}

/** What begins by the clock: when it was, when it will be, what was missed; run now, pause, resume. */
export const schedulesView: View = {
  isLive: true,
  look: async (desk) => {
    const { schedules } = await ask<{ schedules: readonly ScheduleRow[] }>('schedule.list');
    return {
      title: 'Schedules',
      body: table<ScheduleRow>({
        caption: 'Schedules',
        rows: schedules,
        keyOf: ({ schedule }) => schedule,
        empty: 'No schedule. Jobs run only when somebody runs them.',
        columns: [
          {
            title: 'Schedule',
            cell: (row) => [breakable(row.schedule), h('span', { class: 'why' }, h('code', {}, row.cron), ` ${row.zone}`)],
          },
          { title: 'State', isWide: true, cell: stateOf },
          { title: 'Last', cell: lastOf },
          { title: 'Next', cell: ({ nextAt }) => agedMoment(nextAt) },
          { title: 'Missed so far', isNumber: true, cell: ({ missed }) => countText(missed) },
          { title: 'Do', isWide: true, cell: (row) => actionsOf(desk, row) },
        ],
      }),
    };
  },
};

/** All that is so: what is paused or off may be late besides. */
function stateOf({ isEnabled, offBy, pausedBy, pausedAt, pausedBecause, lateSince }: ScheduleRow): Child {
  const why = (...parts: readonly Child[]): HTMLElement => h('span', { class: 'why' }, ...parts);
  if (isEnabled && pausedBy === null && lateSince === null) return badge('on time');
  return [
    lateSince !== null && [badge('late'), why('since ', moment(lateSince))],
    !isEnabled && [badge('off', 'warning'), why('by ', offBy === undefined || offBy === null ? 'an option' : breakable(offBy))],
    pausedBy !== null && [badge('paused'), why(`by ${pausedBy}: ${pausedBecause ?? ''}, since `, moment(pausedAt))],
  ];
}

function lastOf({ lastAt, lastState, lastRun, lastReason }: ScheduleRow): Child {
  if (lastAt === null) return 'never';
  const state = lastState === null ? null : badge(lastState);
  return [
    lastRun === null ? state : h('a', { href: addressOf(['jobs', lastRun]) }, state ?? 'its run'),
    ' ',
    agedMoment(lastAt),
    lastReason !== null && h('span', { class: 'why' }, lastReason),
  ];
}

function actionsOf(desk: Desk, { schedule, job, keyNow, pausedBy }: ScheduleRow): Child {
  return h(
    'div',
    { class: 'row-actions' },
    actionButton(desk, 'job.run', 'Run now', { fixed: { job }, preset: keyNow === null ? {} : { key: keyNow } }),
    pausedBy === null
      ? actionButton(desk, 'schedule.pause', 'Pause', { fixed: { schedule } })
      : actionButton(desk, 'schedule.resume', 'Resume', { fixed: { schedule } }),
  );
}
