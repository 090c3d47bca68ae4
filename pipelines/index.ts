import { accounting, type AccountingPorts } from './accounting/accounting.system.ts';
import { accountLinks, type AccountLinksPorts } from './accountLinks/accountLinks.system.ts';
import { billing, type BillingPorts } from './billing/billing.system.ts';
import { deposits, type DepositsPorts } from './deposits/deposits.system.ts';
import { payments, type PaymentsPorts } from './payments/payments.system.ts';
import { remittance, type RemittanceSystemPorts } from './remittance/remittance.system.ts';
import type { System } from '../src/system.ts';

/** The ports of every pipeline and job. */
type Ports = BillingPorts & PaymentsPorts & RemittanceSystemPorts & DepositsPorts & AccountLinksPorts & AccountingPorts;

/** Every system of the business. */
const all: readonly Omit<System<Ports>, 'openPorts'>[] = [billing, payments, remittance, deposits, accountLinks, accounting];

/** Everything of the business that a process can run. */
export const systems: System<Ports> = {
  topics: all.flatMap(({ topics }) => topics),
  pipelines: all.flatMap(({ pipelines }) => pipelines),
  jobs: all.flatMap(({ jobs }) => jobs),
  schedules: all.flatMap(({ schedules }) => schedules),
  outboxes: all.flatMap(({ outboxes }) => outboxes),
  gauges: all.flatMap(({ gauges }) => gauges),
  routes: all.flatMap(({ routes }) => routes),
  groups: Object.fromEntries(all.flatMap(({ groups }) => Object.entries(groups))),
  apiRoutes: all.flatMap(({ apiRoutes }) => apiRoutes),
  encrypted: all.flatMap(({ encrypted }) => encrypted),
  openPorts: (house) => ({
    ...billing.openPorts(house),
    ...payments.openPorts(house),
    ...remittance.openPorts(house),
    ...deposits.openPorts(house),
    ...accountLinks.openPorts(house),
    ...accounting.openPorts(house),
  }),
};
