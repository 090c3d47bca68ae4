import type { FoundMember, MemberBill, ParkedBill } from './findStore.ts';

type Shown = string | number | boolean | null;

/** A bill as operators see it; identifiers and amounts as decimal text, times as ISO text. */
export type BillSheet = Readonly<Record<string, Shown | readonly Readonly<Record<string, Shown>>[]>>;

/** A member with their bills as operators see them. */
export type MemberSheet = Readonly<Record<string, Shown | readonly BillSheet[]>>;

export function memberSheet(member: FoundMember, bills: readonly MemberBill[]): MemberSheet {
  return { ...member, publicInfoId: member.publicInfoId.toString(), bills: bills.map(billSheet) };
}

function billSheet(bill: MemberBill): BillSheet {
  return {
    bill: bill.id.toString(),
    month: bill.month,
    state: bill.state,
    channel: bill.sent_channel,
    status: bill.status,
    sendOn: bill.send_on,
    feeMinor: bill.billing_fee.toString(),
    nextAttemptAt: bill.next_attempt_at?.toISOString() ?? null,
    parkReason: bill.park_reason,
    failCode: bill.fail_code,
    attempts: bill.attempts,
    failures: bill.failures,
  };
}

/** A parked bill as operators see it. */
export function parkedSheet(bill: ParkedBill): Readonly<Record<string, Shown>> {
  return {
    bill: bill.id.toString(),
    month: bill.month,
    publicInfoId: bill.public_info_id.toString(),
    channel: bill.channel,
    why: bill.park_reason,
    attempt: bill.attempt,
    instance: bill.instance,
    startedAt: bill.started_at?.toISOString() ?? null,
    parkedAt: bill.parked_at?.toISOString() ?? null,
  };
}
