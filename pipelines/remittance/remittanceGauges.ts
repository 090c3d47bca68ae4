import { defineGauges, mostCounted } from '../../src/runtime/gauges/gaugeQuestion.ts';
import { contradiction } from './contradictionStore.ts';
import { isOpenRequest } from './isOpenRequest.ts';
import { moneyOfOurs } from './moneyOfOurs.ts';
import { ourAccounts } from './ourAccounts.ts';
import { parkedFailures } from './parkedFailures.ts';

const profile = 'remittance';
const account = Object.keys(ourAccounts);

/** Codes under which remittances are parked; those of errors of ours are told as others. */
export const parkCodes = ['INSUFFICIENT', 'NO_ANSWER', 'RETURN_REFUSED', contradiction, 'UNEXPECTED_STATE'] as const;

/** States in which a remittance may stand. */
export const openStates = ['REQUESTED', 'DEPOSIT_PENDING', 'DEPOSITED', 'WITHDRAWN', 'RETURNING'] as const;

/** Remittances that have no end after ten minutes. */
export const lateRemittances = defineGauges({
  profile,
  metrics: ['weir_remittances_late'],
  attention: { weir_remittances_late: { level: 'ticket', view: '#/remittance', says: 'Remittances without an end for over ten minutes' } },
  labels: { state: openStates },
  statement: (now) => ({ text: late, values: [now, mostCounted] }),
});

/** What waits for a person: remittances by their failures, also those that have their end, and dead letters that name none. */
export const parkedRemittances = defineGauges({
  profile,
  metrics: ['weir_remittances_parked'],
  attention: { weir_remittances_parked: { level: 'ticket', view: '#/remittance', says: 'Remittances that wait for a person' } },
  labels: { reason: parkCodes },
  statement: () => ({ text: parked, values: [mostCounted] }),
});

/** Steps that have failed and are tried again. */
export const failingRemittances = defineGauges({
  profile,
  metrics: ['weir_remittances_failing'],
  labels: { step: ['deposit', 'withdrawal', 'call'] },
  statement: () => ({ text: failing, values: [mostCounted] }),
});

/** Money on its way, and what of it no remittance explains: its state says on which of our accounts its money is. */
export const heldMoney = defineGauges({
  profile,
  metrics: ['weir_remittances_held_minor', 'weir_remittances_unexplained_minor'],
  attention: {
    weir_remittances_unexplained_minor: {
      level: 'page',
      view: '#/remittance',
      says: 'Money on our accounts that no remittance explains',
    },
  },
  labels: { account },
  statement: () => ({ text: held }),
});

/** The sum over all accounts. There are as many as businesses, so all of them are read. */
export const imbalance = defineGauges({
  profile,
  metrics: ['weir_remittances_imbalance_minor'],
  attention: {
    weir_remittances_imbalance_minor: {
      level: 'page',
      view: '#/remittance',
      says: 'Sum over all accounts of remittances, which must be 0',
    },
  },
  labels: {},
  statement: () => ({ text: sumOfAccounts }),
});

/** Late remittances of which people were perhaps not told. */
export const untoldRemittances = defineGauges({
  profile,
  metrics: ['weir_remittances_untold'],
  attention: {
    weir_remittances_untold: { level: 'ticket', view: '#/remittance', says: 'Late remittances of which the chat was perhaps not told' },
  },
  labels: { status: ['FAILED', 'PARKED'] },
  statement: () => ({ text: untold, values: [mostCounted] }),
});

/** All of them. */
export const remittanceGauges = [lateRemittances, parkedRemittances, failingRemittances, heldMoney, imbalance, untoldRemittances] as const;

// A failure that waits for a person is what is true: a remittance whose own row does not repeat it is no less parked.
const late = `
  SELECT state, count(*) AS weir_remittances_late
  FROM (
    SELECT state FROM remittance.biz_remittance_requests AS request
    WHERE ${isOpenRequest('state')} AND park_reason IS NULL AND requested_at <= $1::timestamptz - interval '10 minutes'
      AND NOT EXISTS (SELECT FROM (${parkedFailures}) AS failure WHERE failure.request_id = request.id) LIMIT $2
  ) AS counted GROUP BY state`;

const parked = `
  SELECT reason, count(*) AS weir_remittances_parked
  FROM (
    SELECT park_reason AS reason FROM remittance.biz_remittance_requests WHERE park_reason IS NOT NULL
    UNION ALL SELECT min(reason) FROM (SELECT * FROM (${parkedFailures}) AS failure LIMIT $1) AS failure
      WHERE NOT EXISTS (SELECT FROM remittance.biz_remittance_requests AS request WHERE request.id = request_id AND park_reason IS NOT NULL)
      GROUP BY request_id
    UNION ALL SELECT park_reason FROM remittance.kcd_bank_account_withdrawal_failures WHERE request_id IS NULL AND park_reason IS NOT NULL
    LIMIT $1
  ) AS counted GROUP BY reason`;

const failingOf = (step: string, table: string): string => `
  SELECT '${step}' AS step, count(*) AS weir_remittances_failing
  FROM (SELECT FROM remittance.${table} WHERE next_try_at IS NOT NULL LIMIT $1) AS counted`;

const failing = [
  failingOf('deposit', 'kcd_bank_account_deposit_failures'),
  failingOf('withdrawal', 'kcd_bank_account_withdrawal_failures'),
  failingOf('call', 'biz_remittance_request_failures'),
].join(' UNION ALL ');

// One snapshot, so that what moves meanwhile is nowhere or everywhere.
const held = `
  WITH explained AS (
    SELECT ${moneyOfOurs.account} AS account, sum(amount_minor) AS amount_minor
    FROM remittance.biz_remittance_requests AS request WHERE ${moneyOfOurs.holds} GROUP BY 1
  )
  SELECT kind AS account, balance_minor AS weir_remittances_held_minor,
    (balance_minor - coalesce(amount_minor, 0))::bigint AS weir_remittances_unexplained_minor
  FROM remittance.kcd_bank_accounts LEFT JOIN explained ON account = kind WHERE id IN (${Object.values(ourAccounts).join(', ')})`;

const sumOfAccounts = 'SELECT sum(balance_minor)::bigint AS weir_remittances_imbalance_minor FROM remittance.kcd_bank_accounts';

const untold = `
  SELECT status, count(*) AS weir_remittances_untold
  FROM (
    SELECT status FROM remittance.late_notice JOIN remittance.biz_remittance_requests AS request ON request.id = request_id
    WHERE status IN ('FAILED', 'PARKED') AND ${isOpenRequest('state')} LIMIT $1
  ) AS counted GROUP BY status`;
