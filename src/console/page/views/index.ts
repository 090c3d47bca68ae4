import type { View } from '../view.ts';
import { accountLinksView, accountLinkView } from './accountLinks.ts';
import { auditView } from './audit.ts';
import { billingView } from './billing.ts';
import { deadLettersView } from './deadLetters.ts';
import { deadLetterTopicView } from './deadLetterTopic.ts';
import { depositsView } from './deposits.ts';
import { jobRunView } from './jobRun.ts';
import { jobsView } from './jobs.ts';
import { overviewView } from './overview.ts';
import { orderView, paymentsView } from './payments.ts';
import { pipelineView } from './pipeline.ts';
import { remittancesView, remittanceView } from './remittance.ts';
import { schedulesView } from './schedules.ts';

/** A view of the whole, and one of a part. */
export interface Chapter {
  readonly path: string;
  readonly title: string;
  /** The key that leads here, after `g`. */
  readonly key: string;
  readonly whole: View;
  readonly one?: View;
}

/** What stands behind no path at all. */
export const overview: Chapter = { path: '', title: 'Overview', key: 'o', whole: overviewView };

/** All there is to see, in the order of the menu. */
export const chapters: readonly Chapter[] = [
  overview,
  { path: 'jobs', title: 'Jobs', key: 'j', whole: jobsView, one: jobRunView },
  { path: 'schedules', title: 'Schedules', key: 's', whole: schedulesView },
  { path: 'dead-letters', title: 'Dead letters', key: 'd', whole: deadLettersView, one: deadLetterTopicView },
  { path: 'billing', title: 'Billing', key: 'b', whole: billingView, one: billingView },
  { path: 'payments', title: 'Payments', key: 'p', whole: paymentsView, one: orderView },
  { path: 'remittance', title: 'Remittance', key: 'r', whole: remittancesView, one: remittanceView },
  { path: 'account-links', title: 'Account links', key: 'l', whole: accountLinksView, one: accountLinkView },
  { path: 'deposits', title: 'Deposits', key: 'e', whole: depositsView, one: depositsView },
  { path: 'audit', title: 'Audit', key: 'a', whole: auditView },
];

/** Pipelines are one part of the overview each. */
export const pipelines: Chapter = { path: 'pipelines', title: 'Pipelines', key: '', whole: overviewView, one: pipelineView };
