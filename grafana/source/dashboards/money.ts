import { limitOf } from '../alert.ts';
import type { DashboardSource } from '../dashboard.ts';
import { consolePage, runbook, runbookOf } from '../link.ts';
import { bars, graph, signedGraph } from '../panels.ts';
import { each, perSecond, rise, series } from '../promql.ts';

const payments = [
  graph({
    title: 'Which payments and orders wait?',
    description: 'Pending for over ten minutes: payments by method, and orders. They are asked about every minute, later more rarely.',
    unit: 'short',
    asks: [
      [each('max', 'method', series('weir_payments_waiting')), '{{method}}'],
      [each('max', '', series('weir_orders_waiting')), 'orders'],
    ],
    links: [consolePage('payments'), runbookOf('WeirPaymentsLate')],
    width: 8,
  }),
  graph({
    title: 'Which refunds wait?',
    description: 'Refunds that are not done: REQUESTED before the gateway was asked, SENT after.',
    unit: 'short',
    asks: [[each('max', 'status', series('weir_refunds_waiting')), '{{status}}']],
    links: [consolePage('payments'), runbookOf('WeirRefundsLate')],
    width: 8,
  }),
  graph({
    title: 'How long has the oldest waited?',
    description: 'The oldest payment, refund and order without an end.',
    unit: 's',
    asks: [
      [each('max', 'method', series('weir_payments_oldest_seconds')), 'payment {{method}}'],
      [each('max', 'status', series('weir_refunds_oldest_seconds')), 'refund {{status}}'],
      [each('max', '', series('weir_orders_oldest_seconds')), 'order'],
    ],
    limits: { red: limitOf('WeirPaymentsLate', 'weir_payments_oldest_seconds') },
    links: [consolePage('payments'), runbookOf('WeirPaymentsLate')],
    width: 8,
  }),
  graph({
    title: 'What waits for a person?',
    description: 'Parked payments and refunds, by why. They stay until a person has ended them.',
    unit: 'short',
    asks: [
      [each('max', 'reason', series('weir_payments_parked')), 'payment {{reason}}'],
      [each('max', 'reason', series('weir_refunds_parked')), 'refund {{reason}}'],
    ],
    links: [consolePage('payments'), runbookOf('WeirPaymentsParked')],
    width: 12,
  }),
  bars({
    title: 'Which notices were put aside?',
    description:
      'Nobody can tell whether they left (unknown), whoever had claimed them told nothing (leaseRanOut), or they will never be taken as they are (refused).',
    unit: 'short',
    asks: [[each('sum', 'reason', rise(series('weir_notices_put_aside_total'))), '{{reason}}']],
    links: [consolePage('payments'), runbook('notices')],
    width: 12,
  }),
];

const remittance = [
  graph({
    title: 'Which remittances have no end?',
    description: 'After ten minutes, by state, and steps that have failed and are tried again.',
    unit: 'short',
    asks: [
      [each('max', 'state', series('weir_remittances_late')), '{{state}}'],
      [each('max', 'step', series('weir_remittances_failing')), 'failing {{step}}'],
    ],
    links: [consolePage('remittance'), runbookOf('WeirRemittancesLate')],
    width: 12,
  }),
  graph({
    title: 'Which remittances wait for a person?',
    description: 'By why, and late ones of which the chat was perhaps not told.',
    unit: 'short',
    asks: [
      [each('max', 'reason', series('weir_remittances_parked')), '{{reason}}'],
      [each('max', 'status', series('weir_remittances_untold')), 'untold {{status}}'],
    ],
    links: [consolePage('remittance'), runbookOf('WeirRemittancesParked')],
    width: 12,
  }),
  graph({
    title: 'Where is the money?',
    description:
      'On our accounts, in minor units: POOL before it is withdrawn, TRANSIT on its way to a bank, SUSPENSE where no bank would take it.',
    unit: 'short',
    asks: [[each('max', 'account', series('weir_remittances_held_minor')), '{{account}}']],
    links: [consolePage('remittance'), runbook('remittances')],
    width: 12,
  }),
  signedGraph({
    title: 'Does the ledger add up?',
    description: 'The sum over all accounts, and what ours hold beyond what remittances explain. Always 0; otherwise there is an alert.',
    unit: 'short',
    asks: [
      [each('max', '', series('weir_remittances_imbalance_minor')), 'sum'],
      [each('max', 'account', series('weir_remittances_unexplained_minor')), 'unexplained {{account}}'],
    ],
    limits: { red: 1 },
    links: [consolePage('remittance'), runbookOf('WeirLedgerUnbalanced')],
    width: 12,
  }),
];

const outboxes = [
  graph({
    title: 'How much waits in outboxes?',
    description: 'Messages of committed transactions that wait to be published, counted up to 100,000. They leave within a second or so.',
    unit: 'short',
    asks: [[each('max', 'outbox', series('weir_outbox_messages')), '{{outbox}}']],
    links: [consolePage(''), runbookOf('WeirOutboxLate')],
    width: 6,
  }),
  graph({
    title: 'How old is the oldest in an outbox?',
    description: 'It rises while the broker is away.',
    unit: 's',
    asks: [[each('max', 'outbox', series('weir_outbox_oldest_seconds')), '{{outbox}}']],
    limits: { red: limitOf('WeirOutboxLate', 'weir_outbox_oldest_seconds') },
    links: [consolePage(''), runbookOf('WeirOutboxLate')],
    width: 6,
  }),
  graph({
    title: 'What leaves the outboxes?',
    description: 'Messages published, by topic; those that are repeated after a failure are counted once.',
    unit: 'ops',
    asks: [[each('sum', 'outbox, topic', perSecond(series('weir_outbox_published_total'))), '{{outbox}} {{topic}}']],
    links: [consolePage(''), runbookOf('WeirOutboxLate')],
    width: 6,
  }),
  bars({
    title: 'Does publishing fail?',
    description: 'Tries to publish that failed. They are made again with growing waits; the log says why.',
    unit: 'short',
    asks: [[each('sum', 'outbox, topic', rise(series('weir_outbox_failures_total'))), '{{outbox}} {{topic}}']],
    links: [consolePage(''), runbookOf('WeirOutboxLate')],
    width: 6,
  }),
];

/** Payments, refunds, remittances, and the outboxes that tell others of them. */
export const money: DashboardSource = {
  name: 'money',
  title: 'Payments and remittance',
  description: 'Whether every payment ends, where the money of remittances is, and whether what was committed leaves.',
  variables: [],
  rows: [
    { title: 'Does every payment end?', panels: payments },
    { title: 'Remittance: where is the money?', panels: remittance },
    { title: 'Does what was committed leave?', panels: outboxes },
  ],
};
