import { deadLetters } from '../../../pipelines/billing/deadLetters.pipeline.ts';
import { deliver } from '../../../pipelines/billing/deliver.pipeline.ts';
import { deliverSms } from '../../../pipelines/billing/deliverSms.pipeline.ts';
import { settle } from '../../../pipelines/billing/settle.job.ts';
import { limitOf } from '../alert.ts';
import type { DashboardSource } from '../dashboard.ts';
import { consolePage, runbookOf } from '../link.ts';
import { bars, graph, progress, stacked, stat, states } from '../panels.ts';
import { each, orZero, perSecond, rise, series } from '../promql.ts';
import { outcomeColours, switchStates } from '../shades.ts';

const settleLate = series('weir_schedule_late_seconds', `schedule="${settle.name}"`);
const delivering = `pipeline=~"${[deliver, deliverSms, deadLetters].map(({ name }) => name).join('|')}"`;

const bills = [
  stat({
    title: 'Does a bill wait past its hour?',
    description: 'How long the hour of the oldest bill that is not sent has been past; those of less than half an hour are not counted.',
    unit: 's',
    asks: [[orZero(each('max', '', series('weir_bills_oldest_overdue_seconds')))]],
    limits: { orange: 1, red: limitOf('WeirBillsOverdue', 'weir_bills_oldest_overdue_seconds') },
    links: [consolePage('billing'), runbookOf('WeirBillsOverdue')],
    width: 5,
  }),
  stat({
    title: 'How many wait past their hour?',
    description: 'By over half an hour; 10,000 stands for as many or more.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_bills_overdue')))]],
    limits: { orange: 1 },
    links: [consolePage('billing'), runbookOf('WeirBillsOverdue')],
    width: 5,
  }),
  stat({
    title: 'How many did no dispatch take up?',
    description: 'Bills whose day is over and that were never dispatched; 10,000 stands for as many or more.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_bills_undispatched')))]],
    limits: { orange: limitOf('WeirBillsUndispatched', 'weir_bills_undispatched') + 1 },
    links: [consolePage('jobs'), runbookOf('WeirBillsUndispatched')],
    width: 5,
  }),
  stat({
    title: 'Will the month be settled by six?',
    description: 'How long after it was due the settlement ends at its rate of now; 0 when it is not due. It has six hours.',
    unit: 's',
    asks: [
      [
        orZero(
          `(${each('max', '', settleLate)} > 0) + (${orZero(each('max', '', series('weir_job_eta_seconds', `pipeline="${settle.name}"`)))})`,
        ),
      ],
    ],
    limits: { red: limitOf('WeirSettlementLate', 'weir_job_eta_seconds') },
    links: [consolePage('jobs'), runbookOf('WeirSettlementLate')],
    width: 5,
  }),
  stat({
    title: 'How many bills are parked?',
    description: 'Of this month and the last: a person has to find out whether their mail was sent.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_bills', 'state="PARKED"')))]],
    limits: { orange: limitOf('WeirBillsParked', 'weir_bills') + 1 },
    links: [consolePage('billing'), runbookOf('WeirBillsParked')],
    width: 4,
  }),
];

const month = [
  progress({
    title: 'How far is each job?',
    description: 'Rows that the open runs of each job have read, of those they will have read at their end.',
    unit: 'percentunit',
    asks: [
      [
        `${each('max', 'pipeline', series('weir_job_read_rows'))} / (${each('max', 'pipeline', series('weir_job_expected_rows'))} > 0)`,
        '{{pipeline}}',
      ],
    ],
    whenNone: 'no run is open',
    links: [consolePage('jobs'), runbookOf('WeirJobLate')],
    width: 8,
  }),
  graph({
    title: 'When will it be done?',
    description: 'Time until the last open run of a job has read its rows, at its rate of now.',
    unit: 's',
    asks: [
      [
        `${each('max', 'pipeline', series('weir_job_eta_seconds'))} and on (pipeline) (${each('max', 'pipeline', series('weir_job_open_runs'))} > 0)`,
        '{{pipeline}}',
      ],
    ],
    links: [consolePage('jobs'), runbookOf('WeirJobLate')],
    width: 8,
  }),
  graph({
    title: 'How fast does each stage of a job work?',
    description: 'Rows a second that each stage of a job worked on.',
    unit: 'ops',
    asks: [
      [
        `${each('sum', 'pipeline, stage', perSecond(series('weir_pipeline_stage_messages_total')))} and on (pipeline) ${series('weir_job_open_runs')}`,
        '{{pipeline}} {{stage}}',
      ],
    ],
    links: [consolePage('jobs'), runbookOf('WeirJobLate')],
    width: 8,
  }),
  graph({
    title: 'Which jobs are late?',
    description: 'Since when a job has been due whose run has not completed, of all systems.',
    unit: 's',
    asks: [[each('max', 'schedule', series('weir_schedule_late_seconds')), '{{schedule}}']],
    limits: { red: limitOf('WeirJobLate', 'weir_schedule_late_seconds') },
    links: [consolePage('jobs'), runbookOf('WeirJobLate')],
    width: 12,
  }),
  bars({
    title: 'Which fires were missed?',
    description: 'Fires that were found too late to run, or whose place a later one took, of all systems.',
    unit: 'short',
    asks: [[each('sum', 'schedule', rise(series('weir_schedule_misses_total'))), '{{schedule}}']],
    links: [consolePage('schedules'), runbookOf('WeirScheduleMissed')],
    width: 12,
  }),
  graph({
    title: 'What is paused?',
    description: 'For how long somebody has paused a schedule, of all systems. What falls to a pause is skipped.',
    unit: 's',
    asks: [[each('max', 'schedule', series('weir_schedule_paused_seconds')), '{{schedule}}']],
    limits: { orange: limitOf('WeirSchedulePaused', 'weir_schedule_paused_seconds') },
    links: [consolePage('schedules'), runbookOf('WeirSchedulePaused')],
    width: 8,
  }),
  graph({
    title: 'What has a pause swallowed?',
    description: 'Times of schedules that were skipped because of a pause, and that nobody has made up for, of all systems.',
    unit: 'short',
    asks: [[each('max', 'schedule', series('weir_schedule_swallowed_fires')), '{{schedule}}']],
    limits: { red: 1 },
    links: [consolePage('schedules'), runbookOf('WeirSchedulePaused')],
    width: 8,
  }),
  states(
    {
      title: 'What is off by an option?',
      description: 'Schedules that no process fires because their option says so, of all systems. What they would have run is skipped.',
      unit: 'short',
      asks: [[each('min', 'schedule', series('weir_schedule_off')), '{{schedule}}']],
      links: [consolePage('schedules'), runbookOf('WeirScheduleOff')],
      width: 8,
    },
    switchStates,
  ),
];

const delivery = [
  stacked(
    {
      title: 'Do bills leave?',
      description: 'Bills a second that were decided about. Deferred ones wait for their hour.',
      unit: 'ops',
      asks: [[each('sum', 'outcome', perSecond(series('weir_pipeline_messages_total', delivering))), '{{outcome}}']],
      links: [consolePage('billing'), runbookOf('WeirNoProgress')],
      width: 12,
    },
    outcomeColours,
  ),
  graph({
    title: 'Which bills have no good end yet?',
    description: 'Of this month and the last, by state, each counted up to 10,000: waiting, being sent, parked, failed.',
    unit: 'short',
    asks: [[each('max', 'state', series('weir_bills')), '{{state}}']],
    links: [consolePage('billing'), runbookOf('WeirBillsOverdue')],
    width: 12,
  }),
  graph({
    title: 'How many bills wait on the topics?',
    description: 'Messages of dispatched bills that no process has read.',
    unit: 'short',
    asks: [[each('max', 'pipeline', series('weir_pipeline_lag', delivering)), '{{pipeline}}']],
    links: [consolePage('billing'), runbookOf('WeirNoProgress')],
    width: 12,
  }),
  bars({
    title: 'Which bills were parked?',
    description:
      'Nobody can tell whether their mail was sent: the send was cut short (unknown), or whoever had claimed them told nothing (leaseRanOut).',
    unit: 'short',
    asks: [[each('sum', 'reason', rise(series('weir_bills_parked_total'))), '{{reason}}']],
    links: [consolePage('billing'), runbookOf('WeirBillsParked')],
    width: 12,
  }),
];

/** The month: settled, dispatched, delivered. */
export const billing: DashboardSource = {
  name: 'billing',
  title: 'Billing month',
  description: 'Whether the month is settled in time, and whether its bills reach people at their hours.',
  variables: [],
  rows: [
    { title: 'Is the month well?', panels: bills },
    { title: 'Will the month be done in time?', panels: month },
    { title: 'Do bills reach people?', panels: delivery },
  ],
};
