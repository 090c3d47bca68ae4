import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { createIdentifiers } from '../shared/identifiers.ts';
import { admitStore } from './admitStore.ts';
import { askableRegistrationBank } from './bank/askableRegistrationBank.ts';
import { linkGroupAbout, listLinksRoute, resolveLinkRoute, retryLinkRoute, showLinkRoute, type LinkDeskPorts } from './desk.routes.ts';
import { dueLinkStore } from './dueLinkStore.ts';
import { linkClaimStore } from './linkClaimStore.ts';
import { linkDeskStore } from './linkDeskStore.ts';
import { linkGauges } from './linkGauges.ts';
import { linkKeys } from './linkKeyStore.ts';
import { linkOutbox } from './linkOutbox.ts';
import { linkRecordStore } from './linkRecordStore.ts';
import { linkTopic } from './linkTopic.ts';
import { operatedLinkStore } from './operatedLinkStore.ts';
import { register, type RegisterLinksPorts } from './register.pipeline.ts';
import { retryFailed, type RetryFailedLinksPorts } from './retryFailed.job.ts';
import { retryFailedSchedule } from './schedules.ts';

/** The ports of its pipeline, job and routes. */
export type AccountLinksPorts = RegisterLinksPorts & RetryFailedLinksPorts & LinkDeskPorts;

/** Partner bank accounts, asked for on a Redis stream. */
export const accountLinks: System<AccountLinksPorts> = {
  topics: [linkTopic],
  pipelines: [register],
  jobs: [retryFailed],
  schedules: [retryFailedSchedule],
  outboxes: [linkOutbox],
  gauges: linkGauges,
  routes: [listLinksRoute, showLinkRoute, retryLinkRoute, resolveLinkRoute],
  groups: { 'account-links': linkGroupAbout },
  apiRoutes: [],
  encrypted: [linkKeys],
  openPorts,
};

function openPorts({ database, bus, service, gate, keyRing, clock, node }: House): AccountLinksPorts {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const parts = { keyRing, identifiers, now };
  return {
    bus,
    registrationBank: askableRegistrationBank(service('bank'), gate('bank')),
    links: { ...admitStore(database, parts), ...linkClaimStore(database, parts), ...linkRecordStore(database, now) },
    waitingLinks: dueLinkStore(database, { outbox: linkOutbox, now }),
    linkDesk: linkDeskStore(database, keyRing),
    operatedLinks: operatedLinkStore({ outbox: linkOutbox, now }),
  };
}
