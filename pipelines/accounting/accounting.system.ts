import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { cumulativeStore } from './cumulativeStore.ts';
import { cumulativeRoute, reportGroup, type ReportPorts } from './report.routes.ts';

/** The ports of its jobs and routes. */
export type AccountingPorts = ReportPorts;

/** The daily statistics of the company, added up. */
export const accounting: System<AccountingPorts> = {
  topics: [],
  pipelines: [],
  jobs: [],
  schedules: [],
  outboxes: [],
  gauges: [],
  routes: [cumulativeRoute],
  groups: { report: reportGroup },
  apiRoutes: [],
  encrypted: [],
  openPorts,
};

function openPorts({ database, clock }: House): AccountingPorts {
  return { cumulatives: cumulativeStore(database, () => clock.now()) };
}
