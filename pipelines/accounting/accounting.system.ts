import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { createIdentifiers } from '../shared/identifiers.ts';
import { reportMailStore } from '../shared/mailedReports/reportMailStore.ts';
import { sendCumulativeMail } from './cumulativeMail.ts';
import { cumulativeReport, type CumulativeReportPorts } from './cumulativeReport.job.ts';
import { cumulativeReportStore } from './cumulativeReportStore.ts';
import { cumulativeStore } from './cumulativeStore.ts';
import { cumulativeRoute, reportGroup, type ReportPorts } from './report.routes.ts';
import { cumulativeReportSchedule } from './schedules.ts';

/** The ports of its jobs and routes. */
export type AccountingPorts = ReportPorts & CumulativeReportPorts;

/** The daily statistics of the company, added up. */
export const accounting: System<AccountingPorts> = {
  topics: [],
  pipelines: [],
  jobs: [cumulativeReport],
  schedules: [cumulativeReportSchedule],
  outboxes: [],
  gauges: [],
  routes: [cumulativeRoute],
  groups: { report: reportGroup },
  apiRoutes: [],
  encrypted: [],
  openPorts,
};

function openPorts({ database, mailer, sender, gate, clock, log, node }: House): AccountingPorts {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const cumulatives = cumulativeStore(database, now);
  const cumulativeReports = cumulativeReportStore(database, cumulatives, now);
  const cumulativeMails = reportMailStore(database, {
    ...{ job: cumulativeReport.name, table: 'accounting.cumulative_report', reports: cumulativeReports },
    ...{ now, identifiers, log },
  });
  return {
    clock,
    cumulatives,
    cumulativeReports,
    cumulativeMails: { ...cumulativeMails, send: sendCumulativeMail({ mailer, sender }), gate: gate('smtp') },
  };
}
