import { identifierText } from '../shared/identifiers.ts';
import { parsePeriod } from '../shared/period.ts';
import type { FoundMember, MemberBill, ParkedBill } from './findStore.ts';
import { messageIdOf } from './messageIdOf.ts';

type Shown = string | number | boolean | null;

/** A bill as operators see it; identifiers and amounts as decimal text, times as ISO text. */
export type BillSheet = Readonly<Record<string, Shown | readonly Readonly<Record<string, Shown>>[]>>;

/** A member with their bills as operators see them. */
export type MemberSheet = Readonly<Record<string, Shown | readonly BillSheet[]>>;

/** With the Message-ID that mails from this address bear. */
export function memberSheet(member: FoundMember, bills: readonly MemberBill[], senderAddress: string): MemberSheet {
  return { ...member, publicInfoId: member.publicInfoId.toString(), bills: bills.map((bill) => billSheet(bill, senderAddress)) };
}

function billSheet(bill: MemberBill, senderAddress: string): BillSheet {
  return {
    ...namesOf(bill),
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
    messageId: messageIdOf(bill.id, parsePeriod(bill.month), senderAddress),
  };
}

/** By what a bill is known: to commands, and to the member, whose mail shows `billNumber`. */
function namesOf({
  id,
  month,
}: {
  readonly id: bigint;
  readonly month: string;
}): Readonly<Record<'bill' | 'billNumber' | 'month', string>> {
  return { bill: id.toString(), billNumber: identifierText(id), month };
}

/** A parked bill as operators see it. */
export function parkedSheet(bill: ParkedBill, senderAddress: string): Readonly<Record<string, Shown>> {
  return {
    ...namesOf(bill),
    publicInfoId: bill.public_info_id.toString(),
    channel: bill.channel,
    why: bill.park_reason,
    attempt: bill.attempt,
    instance: bill.instance,
    startedAt: bill.started_at?.toISOString() ?? null,
    parkedAt: bill.parked_at?.toISOString() ?? null,
    messageId: bill.channel === 'SMS' ? null : messageIdOf(bill.id, parsePeriod(bill.month), senderAddress),
  };
}
