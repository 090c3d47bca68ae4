import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { createIdentifiers } from '../shared/identifiers.ts';
import { overdueBills, undispatchedBills, watchedBills } from './billGauges.ts';
import { claimStore } from './claimStore.ts';
import { deadLetters, emailDeadLetters, type DeadLettersPorts } from './deadLetters.pipeline.ts';
import { deliverSms, deliverSmsGroup, type DeliverSmsPorts } from './deliverSms.pipeline.ts';
import { deliver, deliverGroup, type DeliverPorts } from './deliver.pipeline.ts';
import { dispatch, type DispatchPorts } from './dispatch.job.ts';
import { emailTopic } from './dispatchedBill.ts';
import { dispatchStore } from './dispatchStore.ts';
import { failLogStore } from './failLogStore.ts';
import { findStore } from './findStore.ts';
import { lookRoute, previewRoute, type PreviewPorts } from './preview.routes.ts';
import { previewStore } from './previewStore.ts';
import { restoredRoute, type RestoredPorts } from './restored.routes.ts';
import { restoredStore } from './restoredStore.ts';
import { retryRoute, type RetryPorts } from './retry.routes.ts';
import { retryStore } from './retryStore.ts';
import { billingGroup, findRoute, resolveRoute, sendRoute, smsRoute, unknownRoute, type OperatePorts } from './operate.routes.ts';
import { markedStore } from './markedStore.ts';
import { memberKeys } from './memberKeyStore.ts';
import { operatorStore } from './operatorStore.ts';
import { parkStore } from './parkStore.ts';
import { periodStore } from './periodStore.ts';
import { publishSoon } from './publishSoon.ts';
import { recordStore } from './recordStore.ts';
import { redispatch, type RedispatchPorts } from './redispatch.job.ts';
import { redispatchStore } from './redispatchStore.ts';
import { textTopic } from './requestedText.ts';
import { sendBillMail } from './sendBillMail.ts';
import { sendBillText } from './sendBillText.ts';
import { dispatchSchedule, redispatchSchedule, settleSchedule } from './schedules.ts';
import { settle, type SettlePorts } from './settle.job.ts';
import { settleStore } from './settleStore.ts';
import { parkedTeller } from './tellParked.ts';
import { textStore } from './textStore.ts';

/** The ports of its pipelines, jobs and routes. */
export type BillingPorts = SettlePorts &
  DispatchPorts &
  RedispatchPorts &
  DeliverPorts &
  DeadLettersPorts &
  DeliverSmsPorts &
  OperatePorts &
  RetryPorts &
  PreviewPorts &
  RestoredPorts;

/** Bills: settled, dispatched, mailed. */
export const billing: System<BillingPorts> = {
  topics: [emailTopic, emailDeadLetters, textTopic],
  pipelines: [deliver, deadLetters, deliverSms],
  jobs: [settle, dispatch, redispatch],
  schedules: [settleSchedule, dispatchSchedule, redispatchSchedule],
  outboxes: [],
  gauges: [watchedBills, overdueBills, undispatchedBills],
  routes: [findRoute, previewRoute, lookRoute, sendRoute, smsRoute, unknownRoute, resolveRoute, retryRoute, restoredRoute],
  groups: { billing: billingGroup },
  apiRoutes: [],
  encrypted: [memberKeys],
  openPorts,
};

function openPorts({ database, bus, mailer, texter, gate, keyRing, clock, log, count, sender, instance, node }: House): BillingPorts {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const tellParked = parkedTeller({ log, count });
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
    previews: previewStore(database, keyRing, sender),
    operations: operatorStore({ now, identifiers, instance }),
    retries: retryStore(now),
    restored: restoredStore({ now, identifiers, instance }),
    publishSoon: publishSoon({ markedOf: markedStore(database, now), emails, textRequests, log }),
    hasTexter: texter !== undefined,
    senderAddress: sender.address,
    oldestUnsettledAt: () => bus.oldestUnsettledAt(emailTopic, { group: deliverGroup }),
    oldestUnsettledTextAt: () => bus.oldestUnsettledAt(textTopic, { group: deliverSmsGroup }),
  };
}
