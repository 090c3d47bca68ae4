import { billing, type BillingPorts } from './billing/billing.system.ts';
import { deposits, type DepositsPorts } from './deposits/deposits.system.ts';
import { payments, type PaymentsPorts } from './payments/payments.system.ts';
import { remittance, type RemittanceSystemPorts } from './remittance/remittance.system.ts';
import type { System } from '../src/system.ts';

/** The ports of every pipeline and job. */
type Ports = BillingPorts & PaymentsPorts & RemittanceSystemPorts & DepositsPorts;

/** Everything of the business that a process can run. */
export const systems: System<Ports> = {
  topics: [...billing.topics, ...payments.topics, ...remittance.topics, ...deposits.topics],
  pipelines: [...billing.pipelines, ...payments.pipelines, ...remittance.pipelines, ...deposits.pipelines],
  jobs: [...billing.jobs, ...payments.jobs, ...remittance.jobs, ...deposits.jobs],
  schedules: [...billing.schedules, ...payments.schedules, ...remittance.schedules, ...deposits.schedules],
  outboxes: [...billing.outboxes, ...payments.outboxes, ...remittance.outboxes, ...deposits.outboxes],
  gauges: [...billing.gauges, ...payments.gauges, ...remittance.gauges, ...deposits.gauges],
  routes: [...billing.routes, ...payments.routes, ...remittance.routes, ...deposits.routes],
  groups: { ...billing.groups, ...payments.groups, ...remittance.groups, ...deposits.groups },
  apiRoutes: [...billing.apiRoutes, ...payments.apiRoutes, ...remittance.apiRoutes, ...deposits.apiRoutes],
  encrypted: [...billing.encrypted, ...payments.encrypted, ...remittance.encrypted, ...deposits.encrypted],
  openPorts: (house) => ({
    ...billing.openPorts(house),
    ...payments.openPorts(house),
    ...remittance.openPorts(house),
    ...deposits.openPorts(house),
  }),
};
