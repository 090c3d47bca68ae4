import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { createIdentifiers } from '../shared/identifiers.ts';
import { askableBank } from './bank/askableBank.ts';
import { bankCalls, type BankCallsPorts } from './bankCalls.pipeline.ts';
import { bankCallbackRoute, type CallbackPorts } from './callback.routes.ts';
import { callbackStore } from './callbackStore.ts';
import {
  dueCallDeadLetters,
  dueCallFailures,
  endedCallDeadLetters,
  endedCallFailures,
  type PutAsideCallsPorts,
} from './callDeadLetters.pipeline.ts';
import { callClaimStore } from './callClaimStore.ts';
import { callNewsStore } from './callNewsStore.ts';
import { callRecordStore } from './callRecordStore.ts';
import { failureStore } from './failureStore.ts';
import { newCallStore } from './newCallStore.ts';
import { remittanceOutbox } from './remittanceOutbox.ts';
import { remitRoute, remittanceRoute, type RemittancePorts } from './remittances.routes.ts';
import { depositedTopic, dueCallTopic, endedCallTopic } from './remittanceTopics.ts';
import { requestSheetStore } from './requestSheetStore.ts';
import { requestStore } from './requestStore.ts';
import { contradictionTeller } from './tellContradiction.ts';
import { booksStore } from './booksStore.ts';
import {
  checkRemittancesRoute,
  listRemittancesRoute,
  remittanceGroup,
  resolveRemittanceRoute,
  retryRemittanceRoute,
  showRemittanceRoute,
  type DeskPorts,
} from './desk.routes.ts';
import { deskStore } from './deskStore.ts';
import { resolveRequestStore } from './resolveRequestStore.ts';
import { retryRequestStore } from './retryRequestStore.ts';
import { depositedDeadLetters, failedEvents, type FailedEventsPorts } from './deadLetters.pipeline.ts';
import { failedEventStore } from './failedEventStore.ts';
import { ledgerStore } from './ledgerStore.ts';
import { retryDeposits, retryRequests, retryWithdrawals, type RetryRemittancesPorts } from './retry.job.ts';
import { putAsideCallStore } from './putAsideCallStore.ts';
import { lateClaimStore } from './lateClaimStore.ts';
import { lateRecordStore } from './lateRecordStore.ts';
import { lateStore } from './lateStore.ts';
import { remittanceGauges } from './remittanceGauges.ts';
import { retryDepositsSchedule, retryRequestsSchedule, retryWithdrawalsSchedule, watchSchedule } from './schedules.ts';
import { settleRemittances, type SettleRemittancesPorts } from './settle.pipeline.ts';
import { settleStore } from './settleStore.ts';
import { stuckStore } from './stuckStore.ts';
import { untoldTeller } from './tellUntold.ts';
import { watch, type WatchPorts } from './watch.job.ts';
import { withdraw, type WithdrawPorts } from './withdraw.pipeline.ts';
import { withdrawStore } from './withdrawStore.ts';

/** The ports of its pipelines, jobs and routes. */
export type RemittanceSystemPorts = RemittancePorts &
  BankCallsPorts &
  CallbackPorts &
  SettleRemittancesPorts &
  WithdrawPorts &
  FailedEventsPorts &
  PutAsideCallsPorts &
  RetryRemittancesPorts &
  WatchPorts &
  DeskPorts;

/** Money between businesses, over a pooled account. */
export const remittance: System<RemittanceSystemPorts> = {
  topics: [dueCallTopic, dueCallDeadLetters, endedCallTopic, endedCallDeadLetters, depositedTopic, depositedDeadLetters],
  pipelines: [bankCalls, settleRemittances, withdraw, failedEvents, dueCallFailures, endedCallFailures],
  jobs: [retryDeposits, retryWithdrawals, retryRequests, watch],
  schedules: [retryDepositsSchedule, retryWithdrawalsSchedule, retryRequestsSchedule, watchSchedule],
  outboxes: [remittanceOutbox],
  gauges: remittanceGauges,
  routes: [listRemittancesRoute, showRemittanceRoute, retryRemittanceRoute, resolveRemittanceRoute, checkRemittancesRoute],
  groups: { remittance: remittanceGroup },
  apiRoutes: [remitRoute, remittanceRoute, bankCallbackRoute],
  encrypted: [],
  openPorts,
};

function openPorts({ database, bus, service, webhookSecrets, gate, chat, clock, log, node }: House): RemittanceSystemPorts {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const newCalls = newCallStore({ outbox: remittanceOutbox, now });
  const callNews = callNewsStore({ outbox: remittanceOutbox, failures: failureStore(now), now });
  const tellContradiction = contradictionTeller(log);
  const tellUntold = untoldTeller({ log });
  const booking = {
    ...{ ledger: ledgerStore(now), failures: failureStore(now), calls: newCalls },
    ...{ outbox: remittanceOutbox, identifiers, now },
  };
  return {
    bus,
    bankSecrets: () => webhookSecrets('bank'),
    requests: { ...requestStore(database, { calls: newCalls, identifiers, now }), ...requestSheetStore(database) },
    bank: askableBank(service('bank'), gate('bank')),
    bankCalls: { ...callClaimStore(database, now), ...callRecordStore(database, callNews, tellContradiction) },
    endedCalls: settleStore(database, booking),
    withdrawals: withdrawStore(database, booking),
    failedEvents: failedEventStore(database, booking),
    putAsideCalls: putAsideCallStore(database, booking),
    stuck: stuckStore(database, booking),
    late: {
      ...lateStore(database, { now, tellUntold }),
      ...lateClaimStore(database, { now, identifiers }),
      ...lateRecordStore(database, { now, tellUntold }),
    },
    desk: deskStore(database),
    deskRetries: retryRequestStore(booking),
    resolutions: resolveRequestStore(booking),
    books: booksStore(database),
    now,
    lateChat: chat && { post: (text, signal) => chat.post(text, signal), gate: gate('chat') },
    callbacks: callbackStore(database, callNews, tellContradiction),
  };
}
