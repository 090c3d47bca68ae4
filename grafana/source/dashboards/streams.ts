import { register } from '../../../pipelines/accountLinks/register.pipeline.ts';
import { settle } from '../../../pipelines/deposits/settle.job.ts';
import { stage } from '../../../pipelines/deposits/stage.pipeline.ts';
import { limitOf } from '../alert.ts';
import type { DashboardSource } from '../dashboard.ts';
import { consolePage, runbookOf } from '../link.ts';
import { graph, stat } from '../panels.ts';
import { each, orZero, perSecond, series } from '../promql.ts';
import { readers } from './readers.ts';

/** What reads Redis Streams whatever the bus is. */
const chosen = `pipeline=~"${stage.name}|${register.name}"`;

const deposits = [
  stat({
    title: 'Are deposits overdue?',
    description: 'Rows of the ledger that were due last night and are in no balance. Always 0; otherwise there is an alert.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_deposits_overdue')))]],
    limits: { red: limitOf('WeirDepositsOverdue', 'weir_deposits_overdue') + 1 },
    links: [consolePage('deposits'), runbookOf('WeirDepositsOverdue')],
    width: 6,
  }),
  stat({
    title: 'Is the night late?',
    description: 'How long the night that moves deposits has been due and has not completed.',
    unit: 's',
    asks: [[orZero(each('max', '', series('weir_schedule_late_seconds', `schedule="${settle.name}"`)))]],
    limits: { red: limitOf('WeirJobLate', 'weir_schedule_late_seconds') },
    links: [consolePage('jobs'), runbookOf('WeirDepositsOverdue')],
    width: 6,
  }),
  stat({
    title: 'How long do the market calendars last?',
    description: 'Time until the first of them ends. Trades due later are put aside.',
    unit: 's',
    asks: [[each('min', '', series('weir_deposits_calendar_left_seconds'))]],
    limits: { orange: limitOf('WeirCalendarEnds', 'weir_deposits_calendar_left_seconds'), isLowBad: true },
    links: [consolePage('deposits'), runbookOf('WeirCalendarEnds')],
    width: 6,
  }),
  stat({
    title: 'Does a cancellation miss its fill?',
    description: 'Cancellations of trades whose fill has not come within three days.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_deposits_cancellations_without_fill')))]],
    limits: { orange: limitOf('WeirDepositsCancellationsLate', 'weir_deposits_cancellations_without_fill') + 1 },
    links: [consolePage('deposits'), runbookOf('WeirDepositsCancellationsLate')],
    width: 6,
  }),
  graph({
    title: 'How many deposits wait for their night?',
    description: 'Rows of the ledger that no night has moved yet, and those that were due last night.',
    unit: 'short',
    asks: [
      [each('max', '', series('weir_deposits_in_flight')), 'in flight'],
      [each('max', '', series('weir_deposits_overdue')), 'overdue'],
    ],
    links: [consolePage('deposits'), runbookOf('WeirDepositsOverdue')],
    width: 12,
  }),
  graph({
    title: 'What of other programs was not believed?',
    description: 'What other programs have staged in Redis within a day and was put aside, by why.',
    unit: 'short',
    asks: [[each('max', 'reason', series('weir_deposits_put_aside')), '{{reason}}']],
    links: [consolePage('deposits'), runbookOf('WeirDepositsPutAside')],
    width: 12,
  }),
];

const streams = [
  graph({
    title: 'How much waits in each stream?',
    description: 'Entries that were never delivered, and those that were and are in flight nowhere, as after a reader has died.',
    unit: 'short',
    asks: [[each('max', 'pipeline', series('weir_pipeline_lag', chosen)), '{{pipeline}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 8,
  }),
  graph({
    title: 'How much is in flight?',
    description: 'Entries that were read and have not ended, by process; with what waits, all that is pending in the group.',
    unit: 'short',
    asks: [[each('sum', 'pipeline, instance', series('weir_pipeline_in_flight', chosen)), '{{pipeline}} {{instance}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 8,
  }),
  graph({
    title: 'Do entries end?',
    description: 'Entries a second that ended, by how.',
    unit: 'ops',
    asks: [[each('sum', 'pipeline, outcome', perSecond(series('weir_pipeline_messages_total', chosen))), '{{pipeline}} {{outcome}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 8,
  }),
];

const links = [
  graph({
    title: 'Which partner accounts wait for the bank?',
    description: 'By status, and those that were asked for in vain; parked ones left out.',
    unit: 'short',
    asks: [
      [each('max', 'status', series('weir_account_links_open')), '{{status}}'],
      [each('max', '', series('weir_account_links_failing')), 'failing'],
    ],
    links: [consolePage('account-links'), runbookOf('WeirAccountLinksFailing')],
    width: 8,
  }),
  graph({
    title: 'How long has the oldest partner account waited?',
    description: 'Without the word of the bank, by status.',
    unit: 's',
    asks: [[each('max', 'status', series('weir_account_links_oldest_seconds')), '{{status}}']],
    limits: { red: limitOf('WeirAccountLinksLate', 'weir_account_links_oldest_seconds') },
    links: [consolePage('account-links'), runbookOf('WeirAccountLinksLate')],
    width: 8,
  }),
  graph({
    title: 'Which partner accounts wait for a person?',
    description: 'By the code of the last try.',
    unit: 'short',
    asks: [[each('max', 'reason', series('weir_account_links_parked')), '{{reason}}']],
    links: [consolePage('account-links'), runbookOf('WeirAccountLinksParked')],
    width: 8,
  }),
];

/** Deposits, and what else reads Redis Streams. */
export const streamsAndDeposits: DashboardSource = {
  name: 'streams',
  title: 'Redis Streams and deposits',
  description:
    'Whether customers have their money, and whether the entries of Redis Streams are read; partner accounts are asked for by one too.',
  variables: [],
  rows: [
    { title: 'Do customers have their money?', panels: deposits },
    { title: 'Are the streams read?', panels: streams },
    { title: 'Are partner accounts registered?', panels: links },
    { title: 'Who reads what?', panels: readers(chosen) },
  ],
};
