import { defineGauges } from '../../src/runtime/gauges/gaugeQuestion.ts';
import { firstDay, periodOf, previousPeriod } from '../shared/period.ts';
import { seoulDay } from '../shared/seoulTime.ts';
import type { SendState } from './sendStatus.ts';

// The jobs that bring bills back run in this profile.
const profile = 'producer';

/** The states in which a bill of a dispatched month waits, is worked on, or needs a person. Those before and after are most of a month. */
export const watchedStates = ['SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING', 'PARKED', 'FAILED'] as const satisfies readonly SendState[];

/** Bills of this month and of the last that have not come to their end, and those that failed, by state. */
export const watchedBills = defineGauges({
  profile,
  metrics: ['weir_bills'],
  attention: {
    weir_bills: { level: 'ticket', view: '#/billing', says: 'Parked bills that wait for a person', only: { state: 'PARKED' } },
  },
  labels: { state: watchedStates },
  statement: (now) => ({ text: watched, values: parametersOf(now) }),
});

/** Bills whose hour is past and that nobody has sent. */
export const overdueBills = defineGauges({
  profile,
  metrics: ['weir_bills_overdue', 'weir_bills_oldest_overdue_seconds'],
  attention: { weir_bills_overdue: { level: 'page', view: '#/billing', says: 'Bills past their hour and not sent' } },
  labels: {},
  statement: (now) => ({ text: overdue, values: [...parametersOf(now), now] }),
});

/**
 * Bills of a state and month that are looked at, of a million that a night dispatches: in their order, which is that in which they are sent. So what
 * is left behind by those that move on is soon among the first; and where none moves on, the first are overdue.
 */
const mostLookedAt = 10_000;

/** The first parameters of both statements: how many, this month and the last. */
function parametersOf(now: Date): readonly [number, string, string] {
  const month = periodOf(seoulDay(now));
  return [mostLookedAt, firstDay(month), firstDay(previousPeriod(month))];
}

// The month that is billed now and the one before it, each one range of an index of one partition, in its order: whatever the
// statistics say, nothing is read and sorted. With a month that the planner has to compute it sorts all that there is.
const firstOf = (columns: string, condition: string): string =>
  ['$2', '$3']
    .map(
      (month) =>
        `(SELECT ${columns} FROM billing.billing_p WHERE ${condition} AND billing_date = ${month}::timestamp ORDER BY id LIMIT $1)`,
    )
    .join(' UNION ALL ');

const countedOf = (status: string): string => `
  SELECT state, count(*) AS weir_bills FROM (
    SELECT CASE WHEN park_reason IS NULL THEN send_status ELSE 'PARKED' END AS state
    FROM (${firstOf('send_status, park_reason', `send_status = '${status}'`)}) AS first
  ) AS counted GROUP BY state`;

// Each state by itself, so that one of which there are very many hides no other.
const watched = ['SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING', 'FAILED'].map(countedOf).join(' UNION ALL ');

// A redispatch brings what is due back within five minutes. What waits for its turn on the topic has no time of its own: it is due since
// it was marked.
const overdue = `
  SELECT count(*) AS weir_bills_overdue,
    coalesce(extract(epoch FROM $4::timestamptz - min(due_at)), 0)::double precision AS weir_bills_oldest_overdue_seconds
  FROM (
    SELECT next_attempt_at AS due_at FROM (${firstOf('next_attempt_at', 'next_attempt_at IS NOT NULL')}) AS waiting
    UNION ALL
    SELECT pending_since FROM (${firstOf('pending_since, next_attempt_at', `send_status = 'SEND_PENDING'`)}) AS pending
    WHERE next_attempt_at IS NULL
  ) AS looked_at
  WHERE due_at <= $4::timestamptz - interval '30 minutes'`;
