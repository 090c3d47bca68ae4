import { limitOf } from '../alert.ts';
import type { DashboardSource } from '../dashboard.ts';
import { consolePage, dashboardLink, runbook, runbookOf } from '../link.ts';
import { graph, stat, states, table } from '../panels.ts';
import { each, orZero, perSecond, rise, series } from '../promql.ts';
import { breakerStates } from '../shades.ts';

const firing = series('ALERTS', 'alertname=~"Weir.+", alertstate="firing"');

/** What tells firing alerts apart. A label that none of them has takes no column. */
const alertLabels = [
  ...['severity', 'alertname', 'pipeline', 'stage', 'topic', 'schedule', 'dependency', 'outbox', 'method', 'account', 'state', 'step'],
  ...['reason', 'instance', 'job'],
];

const wrong = [
  stat({
    title: 'How many alerts fire?',
    description: 'Each tells what to do, and links to its section of the runbook. The list below names them.',
    unit: 'short',
    asks: [[orZero(each('count', '', firing))]],
    limits: { red: 1 },
    links: [runbook('operations')],
    width: 3,
  }),
  stat({
    title: 'How many processes answer?',
    description: 'Processes of Weir that Prometheus has reached at its last try.',
    unit: 'short',
    asks: [[each('sum', '', series('up', 'job="weir"'))]],
    limits: { red: 1, isLowBad: true },
    links: [dashboardLink('process', 'Process'), runbookOf('WeirProcessDown')],
    width: 3,
  }),
  stat({
    title: 'Does a pipeline not run?',
    description: 'Pipelines that are paused, failed, or wait to be started again, in any process.',
    unit: 'short',
    asks: [
      [orZero(each('count', '', `${each('max', 'pipeline', series('weir_pipeline_state', 'state=~"paused|failed|backingOff"'))} > 0`))],
    ],
    limits: { orange: 1 },
    links: [dashboardLink('pipeline', 'Pipeline'), consolePage('')],
    width: 3,
  }),
  stat({
    title: 'Is an outside system away?',
    description: 'Outside systems whose breaker holds calls back, or lets one pass to find out.',
    unit: 'short',
    asks: [[orZero(each('count', '', `${each('max', 'dependency', series('weir_breaker_state'))} > 0`))]],
    limits: { red: 1 },
    links: [dashboardLink('pipeline', 'Pipeline'), runbookOf('WeirDependencyAway')],
    width: 3,
  }),
  stat({
    title: 'Does a message hold others back?',
    description: 'How long the oldest watermark has not risen although messages wait above it.',
    unit: 's',
    asks: [[each('max', '', series('weir_pipeline_watermark_age_seconds'))]],
    limits: { orange: 60, red: limitOf('WeirNoProgress', 'weir_pipeline_watermark_age_seconds') },
    links: [dashboardLink('pipeline', 'Pipeline'), runbookOf('WeirNoProgress')],
    width: 3,
  }),
  stat({
    title: 'What was put aside in a day?',
    description: 'Dead letters of the last day, of all pipelines.',
    unit: 'short',
    asks: [[orZero(each('sum', '', rise(series('weir_pipeline_messages_total', 'outcome="dead"'), '24h')))]],
    limits: { orange: 1 },
    links: [consolePage('dead-letters'), dashboardLink('pipeline', 'Pipeline'), runbookOf('WeirDeadLetters')],
    width: 3,
  }),
  stat({
    title: 'How many bills are parked?',
    description: 'Bills of this month and the last for which a person has to find out whether their mail was sent.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_bills', 'state="PARKED"')))]],
    limits: { orange: limitOf('WeirBillsParked', 'weir_bills') + 1 },
    links: [consolePage('billing'), dashboardLink('billing', 'Billing month'), runbookOf('WeirBillsParked')],
    width: 3,
  }),
  stat({
    title: 'Is a job late?',
    description: 'How long the job that is most overdue has been due.',
    unit: 's',
    asks: [[each('max', '', series('weir_schedule_late_seconds'))]],
    limits: { orange: 300, red: limitOf('WeirJobLate', 'weir_schedule_late_seconds') },
    links: [consolePage('jobs'), dashboardLink('billing', 'Billing month'), runbookOf('WeirJobLate')],
    width: 3,
  }),
];

const where = [
  table({
    title: 'Which alerts fire?',
    description: 'One line for each, with what it names. A page comes before a ticket.',
    unit: 'short',
    asks: [[each('count', alertLabels.join(', '), firing)]],
    columns: alertLabels,
    value: 'alerts',
    links: [runbook('operations')],
    width: 12,
    height: 7,
  }),
  states(
    {
      title: 'Do calls to outside systems pass?',
      description: 'Held back, calls wait unclaimed, and no try is counted. They go on by themselves once the system answers.',
      unit: 'short',
      asks: [[each('max', 'dependency', series('weir_breaker_state')), '{{dependency}}']],
      links: [dashboardLink('pipeline', 'Pipeline'), runbookOf('WeirDependencyAway')],
      width: 12,
      height: 7,
    },
    breakerStates,
  ),
  graph({
    title: 'Does work move?',
    description: 'Messages a second that ended and need not come again, by pipeline.',
    unit: 'ops',
    asks: [[each('sum', 'pipeline', perSecond(series('weir_pipeline_messages_total', 'outcome!="released"'))), '{{pipeline}}']],
    links: [dashboardLink('pipeline', 'Pipeline'), consolePage('')],
    width: 12,
  }),
  graph({
    title: 'Does work wait?',
    description: 'Messages that no process has read, by pipeline. Rising: work comes faster than it is done.',
    unit: 'short',
    asks: [[each('max', 'pipeline', series('weir_pipeline_lag')), '{{pipeline}}']],
    links: [dashboardLink('pipeline', 'Pipeline'), runbookOf('WeirNoProgress')],
    width: 12,
  }),
];

const systems = [
  stat({
    title: 'Does a bill wait past its hour?',
    description: 'How long the hour of the oldest bill that is not sent has been past; those of less than half an hour are not counted.',
    unit: 's',
    asks: [[orZero(each('max', '', series('weir_bills_oldest_overdue_seconds')))]],
    limits: { orange: 1, red: limitOf('WeirBillsOverdue', 'weir_bills_oldest_overdue_seconds') },
    links: [consolePage('billing'), dashboardLink('billing', 'Billing month'), runbookOf('WeirBillsOverdue')],
    width: 3,
  }),
  stat({
    title: 'How old is a payment?',
    description: 'How long the oldest payment or refund without an end has waited; those of less than ten minutes are not counted.',
    unit: 's',
    asks: [
      [
        orZero(
          `max(${each('max', '', series('weir_payments_oldest_seconds'))} or ${each('max', '', series('weir_refunds_oldest_seconds'))})`,
        ),
      ],
    ],
    limits: { red: limitOf('WeirPaymentsLate', 'weir_payments_oldest_seconds') },
    links: [consolePage('payments'), dashboardLink('money', 'Payments and remittance'), runbookOf('WeirPaymentsLate')],
    width: 3,
  }),
  stat({
    title: 'Who waits for a person?',
    description: 'Payments, refunds, remittances and partner accounts that do not go on by themselves any more.',
    unit: 'short',
    asks: [
      [
        (['weir_payments_parked', 'weir_refunds_parked', 'weir_remittances_parked', 'weir_account_links_parked'] as const)
          .map((name) => `(${orZero(each('sum', '', each('max', 'reason', series(name))))})`)
          .join(' + '),
      ],
    ],
    limits: { orange: 1 },
    links: [dashboardLink('money', 'Payments and remittance'), consolePage('remittance')],
    width: 3,
  }),
  stat({
    title: 'Does the money add up?',
    description: 'By how much the accounts of remittances do not sum to 0, or hold what no remittance explains. Always 0.',
    unit: 'short',
    asks: [[orZero(`max(abs(${series('weir_remittances_imbalance_minor')})) + max(abs(${series('weir_remittances_unexplained_minor')}))`)]],
    limits: { red: 1 },
    links: [dashboardLink('money', 'Payments and remittance'), runbookOf('WeirLedgerUnbalanced')],
    width: 3,
  }),
  stat({
    title: 'Is a remittance late?',
    description: 'Remittances that have had no end for over ten minutes, parked ones left out.',
    unit: 'short',
    asks: [[orZero(each('sum', '', each('max', 'state', series('weir_remittances_late'))))]],
    limits: { orange: limitOf('WeirRemittancesLate', 'weir_remittances_late') + 1 },
    links: [consolePage('remittance'), dashboardLink('money', 'Payments and remittance'), runbookOf('WeirRemittancesLate')],
    width: 3,
  }),
  stat({
    title: 'Are deposits overdue?',
    description: 'Rows of the ledger that were due last night and are in no balance. Always 0.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('weir_deposits_overdue')))]],
    limits: { red: 1 },
    links: [consolePage('deposits'), dashboardLink('streams', 'Redis Streams and deposits'), runbookOf('WeirDepositsOverdue')],
    width: 3,
  }),
  stat({
    title: 'Does what was committed leave?',
    description: 'How long the oldest message of an outbox has waited to be published.',
    unit: 's',
    asks: [[orZero(each('max', '', series('weir_outbox_oldest_seconds')))]],
    limits: { red: limitOf('WeirOutboxLate', 'weir_outbox_oldest_seconds') },
    links: [dashboardLink('money', 'Payments and remittance'), runbookOf('WeirOutboxLate')],
    width: 3,
  }),
  stat({
    title: 'Is a partition unread?',
    description: 'Partitions that no process reads, of the topics of all pipelines.',
    unit: 'short',
    asks: [[orZero(each('count', '', `${each('max', 'pipeline, partition', series('weir_source_partition_held'))} == 0`))]],
    limits: { orange: 1 },
    links: [dashboardLink('kafka', 'Kafka'), runbookOf('WeirPartitionUnread')],
    width: 3,
  }),
];

/** One screen: whether anything is wrong, and which dashboard shows it. */
export const overview: DashboardSource = {
  name: 'overview',
  title: 'Overview',
  description: 'Whether anything is wrong, and where: one screen. Each panel leads on.',
  variables: [],
  rows: [
    { title: 'Is anything wrong?', panels: wrong },
    { title: 'Is a system behind?', panels: systems },
    { title: 'Where is it?', panels: where },
  ],
};
