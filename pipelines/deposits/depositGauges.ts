import { defineGauges, mostCounted } from '../../src/runtime/gauges/gaugeQuestion.ts';
import { lastCoveredDay } from '../shared/market.ts';
import { seoulDay, seoulInstant } from '../shared/seoulTime.ts';
import { midnightMs } from './settlePart.ts';
import { asideReasons } from './takeStagedStore.ts';

const profile = 'deposits';
const hourMs = 3_600_000;

/**
 * Rows of the ledger that no night has moved: those that wait for their day, and an hour after the last midnight those that were due by it.
 * Such as were written around it may have missed their night, and count from the next one on.
 */
export const waitingDeposits = defineGauges({
  profile,
  metrics: ['weir_deposits_in_flight', 'weir_deposits_overdue'],
  attention: {
    weir_deposits_overdue: {
      level: 'page',
      view: '#/deposits',
      says: 'Rows of the ledger of deposits that were due last night and are in no balance',
    },
  },
  labels: {},
  statement: (now) => {
    const night = seoulDay(new Date(now.getTime() - hourMs));
    return { text: waiting, values: [night, mostCounted, new Date(seoulInstant(night).getTime() - midnightMs)] };
  },
});

/** What was found in Redis within a day and was not believed. */
export const asideDeposits = defineGauges({
  profile,
  metrics: ['weir_deposits_put_aside'],
  attention: {
    weir_deposits_put_aside: { level: 'ticket', view: '#/deposits', says: 'Staged balances of other programs that were not believed' },
  },
  labels: { reason: asideReasons },
  statement: (now) => ({ text: aside, values: [now, mostCounted] }),
});

/** Cancellations whose fill has not come within three days. */
export const lonelyCancellations = defineGauges({
  profile,
  metrics: ['weir_deposits_cancellations_without_fill'],
  attention: {
    weir_deposits_cancellations_without_fill: {
      level: 'ticket',
      view: '#/deposits',
      says: 'Cancellations of trades without a fill for three days',
    },
  },
  labels: {},
  statement: (now) => ({ text: lonely, values: [now, mostCounted] }),
});

/** Time until a market calendar ends. */
export const calendarLeft = defineGauges({
  profile,
  metrics: ['weir_deposits_calendar_left_seconds'],
  labels: {},
  statement: (now) => ({ text: left, values: [lastCoveredDay, seoulDay(now)] }),
});

/** All of them. */
export const depositGauges = [waitingDeposits, asideDeposits, lonelyCancellations, calendarLeft] as const;

const waiting = `
  SELECT (SELECT count(*) FROM (SELECT FROM deposits.ledger WHERE applied_on IS NULL LIMIT $2) AS unapplied) AS weir_deposits_in_flight,
    (SELECT count(*) FROM (
      SELECT FROM deposits.ledger WHERE applied_on IS NULL AND due_on <= $1::date AND recorded_at < $3::timestamptz LIMIT $2) AS due) AS weir_deposits_overdue`;

const aside = `
  SELECT reason, count(*) AS weir_deposits_put_aside
  FROM (SELECT reason FROM deposits.put_aside WHERE found_at > $1::timestamptz - interval '1 day' LIMIT $2) AS counted GROUP BY reason`;

const lonely = `
  SELECT count(*) AS weir_deposits_cancellations_without_fill
  FROM (SELECT FROM deposits.early_cancellation WHERE recorded_at <= $1::timestamptz - interval '3 days' LIMIT $2) AS counted`;

const left = 'SELECT ($1::date - $2::date) * 86400 AS weir_deposits_calendar_left_seconds';
