import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { createIdentifiers } from '../shared/identifiers.ts';
import { reportMailStore } from '../shared/mailedReports/reportMailStore.ts';
import { buyerKeys } from './buyerKeyStore.ts';
import { askableGateways } from './gateways/askableGateways.ts';
import { dailyReport, type DailyReportPorts } from './dailyReport.job.ts';
import { dailyReportStore } from './dailyReportStore.ts';
import { dueRefundStore, dueStore } from './dueStore.ts';
import { parkedPayments, parkedRefunds, waitingOrders, waitingPayments, waitingRefunds } from './paymentGauges.ts';
import { noticeClaimStore } from './noticeClaimStore.ts';
import { noticeRecordStore } from './noticeRecordStore.ts';
import { noticeStore } from './noticeStore.ts';
import { notify, type NotifyPorts } from './notify.pipeline.ts';
import {
  askRoute,
  failRoute,
  findPaymentRoute,
  giveBackRoute,
  listPaymentsRoute,
  paymentsGroup,
  refundRoute,
  type OperatePaymentPorts,
} from './operate.routes.ts';
import { findPaymentStore } from './findPaymentStore.ts';
import { operatePaymentStore } from './operatePaymentStore.ts';
import { paymentsOutbox } from './paymentsOutbox.ts';
import { reconcile, type ReconcilePorts } from './reconcile.job.ts';
import { reconcileStore } from './reconcileStore.ts';
import { refund, type RefundPorts } from './refund.job.ts';
import { refundStore } from './refundStore.ts';
import { dailyReportSchedule, reconcileSchedule, refundSchedule, sendNoticesSchedule } from './schedules.ts';
import { mailNotice, postNotice } from './sendNotice.ts';
import { sendNotices, type SendNoticesPorts } from './sendNotices.job.ts';
import { sendReportMail } from './reportMail.ts';
import { settlementStore } from './settlementStore.ts';
import { succeededTopic } from './succeededPayment.ts';
import { putAsideTeller } from './tellPutAside.ts';
import { webhookRoute, type WebhookPorts } from './webhook.routes.ts';
import { webhookStore } from './webhookStore.ts';

/** The ports of its pipelines, jobs and routes. */
export type PaymentsPorts = ReconcilePorts &
  RefundPorts &
  NotifyPorts &
  SendNoticesPorts &
  DailyReportPorts &
  OperatePaymentPorts &
  WebhookPorts;

/** Orders that wait for their payment: ended, given back, told of, reported. */
export const payments: System<PaymentsPorts> = {
  topics: [succeededTopic],
  pipelines: [notify],
  jobs: [reconcile, refund, sendNotices, dailyReport],
  schedules: [reconcileSchedule, refundSchedule, sendNoticesSchedule, dailyReportSchedule],
  outboxes: [paymentsOutbox],
  gauges: [waitingOrders, waitingPayments, parkedPayments, waitingRefunds, parkedRefunds],
  routes: [listPaymentsRoute, findPaymentRoute, askRoute, refundRoute, giveBackRoute, failRoute],
  groups: { payments: paymentsGroup },
  apiRoutes: [webhookRoute],
  encrypted: [buyerKeys],
  openPorts,
};

function openPorts(house: House): PaymentsPorts {
  const { database, bus, mailer, openFile, chat, service, webhookSecrets, gate, keyRing, clock, log, count, sender, node } = house;
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const tellPutAside = putAsideTeller({ log, count });
  const settlements = settlementStore({ outbox: paymentsOutbox, now });
  const reports = dailyReportStore(database, openFile, now);
  const reportMails = reportMailStore(database, {
    ...{ job: dailyReport.name, table: 'payments.daily_report', reports },
    ...{ now, identifiers, log },
  });
  return {
    clock,
    bus,
    gateways: askableGateways(service, gate),
    duePayments: dueStore(database),
    reconciliations: reconcileStore(settlements),
    webhooks: webhookStore(database, settlements),
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
    reportMails: { ...reportMails, send: sendReportMail({ mailer, sender }), gate: gate('smtp') },
  };
}
