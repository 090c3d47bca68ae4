import type { Period } from '../shared/period.ts';

/** The Message-ID of a bill's mail, the same for each of its attempts: what the log of a mail server is searched for. */
export function messageIdOf(billId: bigint, billingMonth: Period, senderAddress: string): string {
  const domain = senderAddress.slice(senderAddress.lastIndexOf('@') + 1);
  return `<bill.${billId}.${billingMonth.replace('-', '')}@${domain}>`;
}
