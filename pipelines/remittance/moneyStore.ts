import type { Queryable } from '../../src/connectors/database.ts';
import { moneyOfOurs } from './moneyOfOurs.ts';
import { ourAccounts } from './ourAccounts.ts';

/** How what no remittance explains comes about, for one account of ours: `unexplained` is `ledger` less `explained`. */
export interface AccountMoney {
  readonly account: keyof typeof ourAccounts;
  /** Its balance in the ledger. */
  readonly ledgerMinor: bigint;
  /** By the remittances whose state says that their money is there. */
  readonly explainedMinor: bigint;
  /** Of those, what the ledger has no record of: it explains money that never came. */
  readonly unbookedMinor: bigint;
  readonly unexplainedMinor: bigint;
}

/**
 * What the bank's own statement of the pooled account should say, which Weir cannot ask for: the ledger and what was moved in less what was
 * paid out since, but for what is under way.
 */
export interface BankMoney {
  /** All accounts of ours. */
  readonly ledgerMinor: bigint;
  /** The bank has done it, and the ledger does not have it yet. */
  readonly movedInUnbookedMinor: bigint;
  readonly paidOutUnbookedMinor: bigint;
  readonly bankShouldHoldMinor: bigint;
  /** The bank was asked and has said no end: in or out, it may have moved already. */
  readonly underWayMinor: bigint;
}

export interface Money {
  readonly accounts: readonly AccountMoney[];
  readonly bank: BankMoney;
}

/** Reads the parts of our money. In one snapshot only within a transaction that has one. */
export async function readMoney(queryable: Queryable): Promise<Money> {
  const accounts = await queryable.query<AccountMoney>(readAccounts);
  const [calls = { movedInUnbookedMinor: 0n, paidOutUnbookedMinor: 0n, underWayMinor: 0n }] = await queryable.query<CallSums>(readCalls);
  const ledgerMinor = accounts.reduce((sum, account) => sum + account.ledgerMinor, 0n);
  return {
    accounts,
    bank: { ledgerMinor, ...calls, bankShouldHoldMinor: ledgerMinor + calls.movedInUnbookedMinor - calls.paidOutUnbookedMinor },
  };
}

type CallSums = Pick<BankMoney, 'movedInUnbookedMinor' | 'paidOutUnbookedMinor' | 'underWayMinor'>;

const readAccounts = `
  WITH placed AS (
    SELECT ${moneyOfOurs.account} AS account, amount_minor, ${moneyOfOurs.isBooked} AS is_booked
    FROM remittance.biz_remittance_requests AS request WHERE ${moneyOfOurs.holds}
  ), explained AS (
    SELECT account, sum(amount_minor) AS amount, sum(amount_minor) FILTER (WHERE NOT is_booked) AS unbooked FROM placed GROUP BY account
  )
  SELECT kind AS account, balance_minor AS "ledgerMinor", coalesce(amount, 0)::bigint AS "explainedMinor",
    coalesce(unbooked, 0)::bigint AS "unbookedMinor", (balance_minor - coalesce(amount, 0))::bigint AS "unexplainedMinor"
  FROM remittance.kcd_bank_accounts LEFT JOIN explained ON account = kind
  WHERE id IN (${Object.values(ourAccounts).join(', ')}) ORDER BY id`;

// A call that has not been booked since, and that the bank has done; each half by its own index.
const readCalls = `
  WITH moved AS (
    SELECT kind, status, request_id FROM remittance.bank_call WHERE ended_at IS NOT NULL AND booked_at IS NULL AND status = 'DONE'
    UNION ALL SELECT kind, status, request_id FROM remittance.bank_call WHERE status = 'ASKED'
  )
  SELECT coalesce(sum(amount_minor) FILTER (WHERE status = 'DONE' AND kind = 'MOVE_IN'), 0)::bigint AS "movedInUnbookedMinor",
    coalesce(sum(amount_minor) FILTER (WHERE status = 'DONE' AND kind <> 'MOVE_IN'), 0)::bigint AS "paidOutUnbookedMinor",
    coalesce(sum(amount_minor) FILTER (WHERE status = 'ASKED'), 0)::bigint AS "underWayMinor"
  FROM moved JOIN remittance.biz_remittance_requests AS request ON request.id = request_id`;
