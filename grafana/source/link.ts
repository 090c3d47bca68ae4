import { alertRule } from './alert.ts';

/** Where a panel leads. Addresses begin with a variable of the dashboard, so that each place has its own. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** Pages of the console; the first has all pipelines. */
export type ConsolePage = '' | 'dead-letters' | 'jobs' | 'schedules' | 'billing' | 'payments' | 'remittance' | 'account-links' | 'deposits';

/** A page of the console, where what the panel shows can be looked at singly and acted on. */
export function consolePage(page: ConsolePage): Link {
  return { title: 'Console', url: `\${console}/#/${page}` };
}

/** A section of docs/operations.md, by its anchor. */
export function runbook(anchor: string): Link {
  return { title: 'Runbook', url: `\${runbook}#${anchor}` };
}

/** The section to which an alert leads. */
export function runbookOf(alert: string): Link {
  const [, anchor = ''] = (alertRule(alert).annotations['runbook_url'] ?? '').split('#');
  return runbook(anchor);
}

/** Another dashboard, over the same time. */
export function dashboardLink(name: string, title: string): Link {
  return { title, url: `/d/weir-${name}?\${__url_time_range}` };
}
