import { defineGauges } from '../../src/runtime/gauges/gaugeQuestion.ts';
import { firstDay, periodOf, previousPeriod } from '../shared/period.ts';
import { seoulDay } from '../shared/seoulTime.ts';
import type { SendState } from './sendStatus.ts';

// The jobs that bring bills back run in this profile.
const profile = 'producer';

/** The states in which a bill of a dispatched month waits, is worked on, or needs a person. Those before and after are most of a month. */
export const watchedStates = ['SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING', 'PARKED', 'FAILED'] as const satisfies readonly SendState[];

/** Bills of a kind that are counted at most, of a million that a night dispatches. In the texts, since plans that are kept turn on it. */
const mostBills = 10_000;

/** How long the hour of the oldest bill may be past before somebody is called: the alert WeirBillsOverdue has the same limit. */
export const calledAfterSeconds = 7_200;

/** Bills of this month and of the last that have not come to their end, and those that failed, by state; those parked of all months. */
export const watchedBills = defineGauges({
  profile,
  metrics: ['weir_bills'],
  attention: {
    weir_bills: {
      level: 'ticket',
      view: '#/billing',
      says: 'Parked bills that wait for a person',
      only: { state: 'PARKED' },
      upTo: mostBills,
    },
  },
  labels: { state: watchedStates },
  statement: (now) => ({ text: watched, values: monthsOf(now) }),
});

/** Bills whose hour is past and that nobody has sent. */
export const overdueBills = defineGauges({
  profile,
  metrics: ['weir_bills_overdue', 'weir_bills_oldest_overdue_seconds'],
  attention: {
    weir_bills_overdue: {
      ...{ level: 'page', view: '#/billing', says: 'Bills past their hour and not sent', upTo: mostBills },
      above: { metric: 'weir_bills_oldest_overdue_seconds', limit: calledAfterSeconds },
    },
  },
  labels: {},
  statement: (now) => ({ text: overdue, values: [now] }),
});

/** Bills whose day is over and that no dispatch has taken up: a later one does, if it is not too late by then. */
export const undispatchedBills = defineGauges({
  profile,
  metrics: ['weir_bills_undispatched'],
  attention: {
    weir_bills_undispatched: {
      level: 'ticket',
      view: '#/jobs?job=billing.dispatch',
      says: 'Bills past their day that no dispatch took up',
      upTo: mostBills,
    },
  },
  labels: {},
  statement: (now) => ({ text: undispatched, values: [seoulDay(now)] }),
});

/** This month and the last. */
function monthsOf(now: Date): readonly [string, string] {
  const month = periodOf(seoulDay(now));
  return [firstDay(month), firstDay(previousPeriod(month))];
}

// The month that is billed now and the one before it, each one range of an index of one partition, in its order: whatever the
// statistics say, nothing is read and sorted. With a month that the planner has to compute it sorts all that there is.
const firstOf = (columns: string, condition: string): string =>
  ['$1', '$2']
    .map(
      (month) =>
        `(SELECT ${columns} FROM billing.billing_p WHERE ${condition} AND billing_date = ${month}::timestamp ORDER BY id LIMIT ${mostBills})`,
    )
    .join(' UNION ALL ');

const countedOf = (status: string): string => `
  SELECT '${status}' AS state, count(*) AS weir_bills FROM (${firstOf('park_reason', `send_status = '${status}'`)}) AS first
  WHERE park_reason IS NULL HAVING count(*) > 0`;

// Each state by itself, so that one of which there are very many hides no other. What waits for a person waits on, whatever its month.
const watched = `
  ${['SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING', 'FAILED'].map(countedOf).join(' UNION ALL ')}
  UNION ALL SELECT 'PARKED', count(*) FROM (
    SELECT FROM billing.billing_p WHERE park_reason IS NOT NULL ORDER BY park_reason LIMIT ${mostBills}
  ) AS parked HAVING count(*) > 0`;

// A redispatch brings what is due back within five minutes. What waits for its time is found in the order of its time. What waits for its
// turn on the topic has no time of its own and is due since it was marked, which is compared within the index: passing over a month that
// was dispatched just now reads no bills. Both in all months, since a redispatch brings back those of all.
const overdue = `
  SELECT least(count(*), ${mostBills}) AS weir_bills_overdue,
    coalesce(extract(epoch FROM $1::timestamptz - min(due_at)), 0)::double precision AS weir_bills_oldest_overdue_seconds
  FROM (
    (SELECT next_attempt_at AS due_at FROM billing.billing_p
      WHERE next_attempt_at <= $1::timestamptz - interval '30 minutes' ORDER BY next_attempt_at LIMIT ${mostBills})
    UNION ALL
    (SELECT pending_since FROM billing.billing_p
      WHERE send_status = 'SEND_PENDING' AND next_attempt_at IS NULL AND pending_since <= $1::timestamptz - interval '30 minutes'
      ORDER BY billing_date, id LIMIT ${mostBills})
  ) AS due`;

// Of all months, since a dispatch takes those of all. Those of today are on their way while it runs.
const undispatched = `
  SELECT count(*) AS weir_bills_undispatched FROM (
    SELECT FROM billing.billing_p WHERE send_status = 'CREATED' AND send_on < $1::date ORDER BY send_on LIMIT ${mostBills}
  ) AS undispatched`;
