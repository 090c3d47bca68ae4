import type { ApiRoute } from '../src/api/apiRoute.ts';
import type { Topic } from '../src/connectors/bus.ts';
import type { Route, RouteGroups } from '../src/console/route.ts';
import type { Pipeline } from '../src/runtime/definePipeline.ts';
import type { GaugeQuestion } from '../src/runtime/gauges/gaugeQuestion.ts';
import type { House } from '../src/runtime/house.ts';
import type { Job } from '../src/runtime/jobs/job.ts';
import type { EncryptedRows } from '../src/runtime/keys/encryptedRows.ts';
import type { OutboxSpec } from '../src/runtime/outbox/outbox.ts';
import type { Schedule } from '../src/runtime/schedules/schedule.ts';
import { claimStore } from './billing/claimStore.ts';
import { deadLetters, emailDeadLetters, type DeadLettersPorts } from './billing/deadLetters.pipeline.ts';
import { deliverSms, deliverSmsGroup, type DeliverSmsPorts } from './billing/deliverSms.pipeline.ts';
import { deliver, deliverGroup, type DeliverPorts } from './billing/deliver.pipeline.ts';
import { dispatch, type DispatchPorts } from './billing/dispatch.job.ts';
import { emailTopic } from './billing/dispatchedBill.ts';
import { dispatchStore } from './billing/dispatchStore.ts';
import { failLogStore } from './billing/failLogStore.ts';
import { findStore } from './billing/findStore.ts';
import { restoredRoute, type RestoredPorts } from './billing/restored.routes.ts';
import { restoredStore } from './billing/restoredStore.ts';
import { retryRoute, type RetryPorts } from './billing/retry.routes.ts';
import { retryStore } from './billing/retryStore.ts';
import { billingGroup, findRoute, resolveRoute, sendRoute, smsRoute, unknownRoute, type OperatePorts } from './billing/operate.routes.ts';
import { markedStore } from './billing/markedStore.ts';
import { memberKeys } from './billing/memberKeyStore.ts';
import { operatorStore } from './billing/operatorStore.ts';
import { parkStore } from './billing/parkStore.ts';
import { periodStore } from './billing/periodStore.ts';
import { publishSoon } from './billing/publishSoon.ts';
import { recordStore } from './billing/recordStore.ts';
import { redispatch, type RedispatchPorts } from './billing/redispatch.job.ts';
import { redispatchStore } from './billing/redispatchStore.ts';
import { textTopic } from './billing/requestedText.ts';
import { sendBillMail } from './billing/sendBillMail.ts';
import { sendBillText } from './billing/sendBillText.ts';
import { dispatchSchedule, redispatchSchedule, settleSchedule } from './billing/schedules.ts';
import { settle, type SettlePorts } from './billing/settle.job.ts';
import { settleStore } from './billing/settleStore.ts';
import { parkedTeller } from './billing/tellParked.ts';
import { textStore } from './billing/textStore.ts';
import { buyerKeys } from './payments/buyerKeyStore.ts';
import { askableGateways } from './payments/gateways/askableGateways.ts';
import { dailyReport, type DailyReportPorts } from './payments/dailyReport.job.ts';
import { dailyReportStore } from './payments/dailyReportStore.ts';
import { dueRefundStore, dueStore } from './payments/dueStore.ts';
import { parkedPayments, parkedRefunds, waitingPayments, waitingRefunds } from './payments/paymentGauges.ts';
import { noticeClaimStore } from './payments/noticeClaimStore.ts';
import { noticeRecordStore } from './payments/noticeRecordStore.ts';
import { noticeStore } from './payments/noticeStore.ts';
import { notify, type NotifyPorts } from './payments/notify.pipeline.ts';
import {
  askRoute,
  findPaymentRoute,
  giveBackRoute,
  listPaymentsRoute,
  paymentsGroup,
  refundRoute,
  type OperatePaymentPorts,
} from './payments/operate.routes.ts';
import { findPaymentStore } from './payments/findPaymentStore.ts';
import { operatePaymentStore } from './payments/operatePaymentStore.ts';
import { paymentsOutbox } from './payments/paymentsOutbox.ts';
import { reconcile, type ReconcilePorts } from './payments/reconcile.job.ts';
import { reconcileStore } from './payments/reconcileStore.ts';
import { refund, type RefundPorts } from './payments/refund.job.ts';
import { refundStore } from './payments/refundStore.ts';
import { dailyReportSchedule, reconcileSchedule, refundSchedule, sendNoticesSchedule } from './payments/schedules.ts';
import { mailNotice, postNotice } from './payments/sendNotice.ts';
import { sendNotices, type SendNoticesPorts } from './payments/sendNotices.job.ts';
import { reportMailStore } from './payments/reportMailStore.ts';
import { sendReportMail } from './payments/reportMail.ts';
import { settlementStore } from './payments/settlementStore.ts';
import { succeededTopic } from './payments/succeededPayment.ts';
import { putAsideTeller } from './payments/tellPutAside.ts';
import { webhookRoute, type WebhookPorts } from './payments/webhook.routes.ts';
import { webhookStore } from './payments/webhookStore.ts';
import { createIdentifiers } from './shared/identifiers.ts';

/** The ports of every pipeline and job. */
type Ports = SettlePorts &
  DispatchPorts &
  RedispatchPorts &
  DeliverPorts &
  DeadLettersPorts &
  DeliverSmsPorts &
  OperatePorts &
  RetryPorts &
  RestoredPorts &
  ReconcilePorts &
  RefundPorts &
  NotifyPorts &
  SendNoticesPorts &
  DailyReportPorts &
  OperatePaymentPorts &
  WebhookPorts;

/** Everything of the business that a process can run: a pipeline, job or topic more is a line more. */
export const systems: {
  readonly topics: readonly Topic[];
  readonly pipelines: readonly Pipeline<Ports, unknown>[];
  readonly jobs: readonly Job<Ports, unknown, unknown, unknown>[];
  readonly schedules: readonly Schedule[];
  readonly outboxes: readonly OutboxSpec[];
  readonly gauges: readonly GaugeQuestion[];
  readonly routes: readonly Route<Ports>[];
  readonly groups: RouteGroups;
  readonly apiRoutes: readonly ApiRoute<Ports>[];
  readonly encrypted: readonly EncryptedRows[];
  readonly openPorts: (house: House) => Ports;
} = {
  topics: [emailTopic, emailDeadLetters, textTopic, succeededTopic],
  pipelines: [deliver, deadLetters, deliverSms, notify],
  jobs: [settle, dispatch, redispatch, reconcile, refund, sendNotices, dailyReport],
  schedules: [
    settleSchedule,
    dispatchSchedule,
    redispatchSchedule,
    reconcileSchedule,
    refundSchedule,
    sendNoticesSchedule,
    dailyReportSchedule,
  ],
  outboxes: [paymentsOutbox],
  gauges: [waitingPayments, parkedPayments, waitingRefunds, parkedRefunds],
  routes: [
    findRoute,
    sendRoute,
    smsRoute,
    unknownRoute,
    resolveRoute,
    retryRoute,
    restoredRoute,
    listPaymentsRoute,
    findPaymentRoute,
    askRoute,
    refundRoute,
    giveBackRoute,
  ],
  groups: { billing: billingGroup, payments: paymentsGroup },
  apiRoutes: [webhookRoute],
  encrypted: [memberKeys, buyerKeys],
  openPorts,
};

function openPorts({
  database,
  bus,
  mailer,
  openFile,
  texter,
  chat,
  service,
  webhookSecrets,
  gate,
  keyRing,
  clock,
  log,
  count,
  sender,
  instance,
  node,
}: House): Ports {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const tellParked = parkedTeller({ log, count });
  const tellPutAside = putAsideTeller({ log, count });
  const settlements = settlementStore({ outbox: paymentsOutbox, now });
  const reports = dailyReportStore(database, openFile, now);
  const reportMails = reportMailStore(database, now, log);
  const [emails, textRequests] = [bus.publish(emailTopic), bus.publish(textTopic)];
  return {
    clock,
    log,
    bus,
    settlement: settleStore(database, identifiers),
    periods: periodStore(database),
    dispatches: dispatchStore(database),
    redispatches: { ...redispatchStore(database), ...parkStore(database, tellParked) },
    emails,
    textRequests,
    bills: { ...claimStore(database, { now, identifiers, instance }), ...recordStore(database, { now, identifiers, tellParked }) },
    failures: failLogStore(database, { now, identifiers }),
    mail: { send: sendBillMail({ mailer, keyRing, sender }), gate: gate('smtp') },
    texts: {
      ...textStore(database, { now, identifiers, instance, tellParked }),
      sendText: sendBillText({ texter, keyRing, senderName: sender.name }),
      gate: gate('sms'),
    },
    finds: findStore(database, keyRing),
    operations: operatorStore({ now, identifiers, instance }),
    retries: retryStore(now),
    restored: restoredStore({ now, identifiers, instance }),
    publishSoon: publishSoon({ markedOf: markedStore(database, now), emails, textRequests, log }),
    gateways: askableGateways(service, gate),
    duePayments: dueStore(database),
    reconciliations: reconcileStore(settlements),
    webhooks: webhookStore(database, settlements, now),
    webhookSecrets,
    refunds: { ...dueRefundStore(database), ...refundStore(database, now) },
    notices: {
      ...noticeStore(database, { now, tellPutAside }),
      ...noticeClaimStore(database, { now, identifiers }),
      ...noticeRecordStore(database, { now, tellPutAside }),
    },
    hasChannel: { mail: true, chat: chat !== undefined },
    noticeSenders: {
      mail: { send: mailNotice({ mailer, keyRing, sender }), gate: gate('smtp') },
      ...(chat && { chat: { send: postNotice(chat), gate: gate('chat') } }),
    },
    paymentFinds: findPaymentStore(database, now),
    paymentOperations: operatePaymentStore(now),
    reports,
    reportMails: { ...reportMails, send: sendReportMail({ mailer, mails: reportMails, reports, sender }), gate: gate('smtp') },
    hasTexter: texter !== undefined,
    senderAddress: sender.address,
    oldestUnsettledAt: () => bus.oldestUnsettledAt(emailTopic, { group: deliverGroup }),
    oldestUnsettledTextAt: () => bus.oldestUnsettledAt(textTopic, { group: deliverSmsGroup }),
  };
}
