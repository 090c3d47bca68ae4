import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import type { FoundMember, MemberBill, ParkedBill } from './findStore.ts';
import { maskEmail, maskName, maskPhone } from './mask.ts';

/** A member with their bills as operators see them: name, address and number masked. */
export function memberSheet(ring: KeyRing, member: FoundMember, bills: readonly MemberBill[]): Json {
  const owner = member.public_info_id.toString();
  const opened = (field: 'name' | 'email' | 'phone', mask: (text: string) => string): string => {
    try {
      return mask(decryptField(ring, owner, field, member[field]));
    } catch {
      // Worth seeing, and no reason to hide the bills.
      return '(does not open)';
    }
  };
  return {
    publicInfoId: owner,
    name: opened('name', maskName),
    email: opened('email', maskEmail),
    phone: opened('phone', maskPhone),
    sendDay: member.send_day,
    quietHours: member.dnd_start === null ? 'none' : `${member.dnd_start} to ${member.dnd_end ?? ''} ${member.zone}`,
    bills: bills.map(billSheet),
  };
}

function billSheet(bill: MemberBill): Json {
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
export function parkedSheet(bill: ParkedBill): Json {
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
