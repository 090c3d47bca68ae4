import { defineGauges, mostCounted } from '../../src/runtime/gauges/gaugeQuestion.ts';

const profile = 'streams';
/** States in which a link has not the word of the bank. */
export const openStatus = ['REQUESTED', 'REGISTERING'] as const;

/** Codes with which links are parked; those of other errors of ours are told as others. */
export const linkParkCodes = ['unavailable', 'throttled', 'timedOut', 'outcomeUnknown', 'refused', 'decryption'] as const;

/** Links without the word of the bank, and how long the oldest of them has waited; parked ones left out. */
export const openLinks = defineGauges({
  profile,
  metrics: ['weir_account_links_open', 'weir_account_links_oldest_seconds'],
  labels: { status: openStatus },
  statement: (now) => ({ text: open, values: [now, mostCounted] }),
});

/** Links that were tried in vain and are tried again. */
export const failingLinks = defineGauges({
  profile,
  metrics: ['weir_account_links_failing'],
  attention: {
    weir_account_links_failing: {
      level: 'ticket',
      view: '#/account-links',
      says: 'Partner accounts asked for in vain and tried again',
    },
  },
  labels: {},
  statement: () => ({ text: failing, values: [mostCounted] }),
});

/** Links that wait for a person. */
export const parkedLinks = defineGauges({
  profile,
  metrics: ['weir_account_links_parked'],
  attention: { weir_account_links_parked: { level: 'ticket', view: '#/account-links', says: 'Partner accounts that wait for a person' } },
  labels: { reason: linkParkCodes },
  statement: () => ({ text: parked, values: [mostCounted] }),
});

/** All of them. */
export const linkGauges = [openLinks, failingLinks, parkedLinks] as const;

// What is parked is not looked at by the job: it has no next look.
const open = `
  SELECT status, count(*) AS weir_account_links_open,
    coalesce(extract(epoch FROM $1::timestamptz - min(requested_at)), 0)::float8 AS weir_account_links_oldest_seconds
  FROM (
    SELECT status, requested_at FROM account_links.account_link
    WHERE status IN ('REQUESTED', 'REGISTERING') AND next_look_at IS NOT NULL LIMIT $2
  ) AS counted GROUP BY status`;

const failing = `
  SELECT count(*) AS weir_account_links_failing
  FROM (SELECT FROM account_links.account_link_failures WHERE next_try_at IS NOT NULL LIMIT $1) AS counted`;

const parked = `
  SELECT reason, count(*) AS weir_account_links_parked
  FROM (SELECT park_reason AS reason FROM account_links.account_link_failures WHERE park_reason IS NOT NULL LIMIT $1) AS counted
  GROUP BY reason`;
