import { billing, type BillingPorts } from './billing/billing.system.ts';
import { payments, type PaymentsPorts } from './payments/payments.system.ts';
import { remittance, type RemittanceSystemPorts } from './remittance/remittance.system.ts';
import type { System } from '../src/system.ts';

/** The ports of every pipeline and job. */
type Ports = BillingPorts & PaymentsPorts & RemittanceSystemPorts;

/** Everything of the business that a process can run. */
export const systems: System<Ports> = {
  topics: [...billing.topics, ...payments.topics, ...remittance.topics],
  pipelines: [...billing.pipelines, ...payments.pipelines, ...remittance.pipelines],
  jobs: [...billing.jobs, ...payments.jobs, ...remittance.jobs],
  schedules: [...billing.schedules, ...payments.schedules, ...remittance.schedules],
  outboxes: [...billing.outboxes, ...payments.outboxes, ...remittance.outboxes],
  gauges: [...billing.gauges, ...payments.gauges, ...remittance.gauges],
  routes: [...billing.routes, ...payments.routes, ...remittance.routes],
  groups: { ...billing.groups, ...payments.groups, ...remittance.groups },
  apiRoutes: [...billing.apiRoutes, ...payments.apiRoutes, ...remittance.apiRoutes],
  encrypted: [...billing.encrypted, ...payments.encrypted, ...remittance.encrypted],
  openPorts: (house) => ({ ...billing.openPorts(house), ...payments.openPorts(house), ...remittance.openPorts(house) }),
};
