import type { House } from '../../src/runtime/house.ts';
import type { System } from '../system.ts';
import { createIdentifiers } from '../shared/identifiers.ts';
import { askableBank } from './bank/askableBank.ts';
import { bankCalls, type BankCallsPorts } from './bankCalls.pipeline.ts';
import { bankCallbackRoute, type CallbackPorts } from './callback.routes.ts';
import { callbackStore } from './callbackStore.ts';
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

/** The ports of its pipelines, jobs and routes. */
export type RemittanceSystemPorts = RemittancePorts & BankCallsPorts & CallbackPorts;

/** Money between businesses, over a pooled account. */
export const remittance: System<RemittanceSystemPorts> = {
  topics: [dueCallTopic, endedCallTopic, depositedTopic],
  pipelines: [bankCalls],
  jobs: [],
  schedules: [],
  outboxes: [remittanceOutbox],
  gauges: [],
  routes: [],
  groups: {},
  apiRoutes: [remitRoute, remittanceRoute, bankCallbackRoute],
  encrypted: [],
  openPorts,
};

function openPorts({ database, bus, service, webhookSecrets, gate, clock, log, node }: House): RemittanceSystemPorts {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const newCalls = newCallStore({ outbox: remittanceOutbox, now });
  const callNews = callNewsStore({ outbox: remittanceOutbox, failures: failureStore(now), now });
  const tellContradiction = contradictionTeller(log);
  return {
    bus,
    bankSecrets: () => webhookSecrets('bank'),
    requests: { ...requestStore(database, { calls: newCalls, identifiers, now }), ...requestSheetStore(database) },
    bank: askableBank(service('bank'), gate('bank')),
    bankCalls: { ...callClaimStore(database, now), ...callRecordStore(database, callNews, tellContradiction) },
    callbacks: callbackStore(database, callNews, tellContradiction),
  };
}
