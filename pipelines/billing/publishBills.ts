import { encodeDispatchedBill, type DispatchedBill } from './dispatchedBill.ts';

/** The writing end of `emailTopic`. */
export interface Emails {
  /** Resolves when all messages are durable; on an error any of them may be. */
  write(messages: readonly { readonly key: string; readonly value: Uint8Array }[]): Promise<void>;
}

/**
 * Makes the last step of a dispatch: publishes the messages of bills that are marked, and passes the bills on when all are
 * durable. A bill that is published twice is mailed once, since the second message loses the claim.
 */
export function publishBills(emails: Emails): <B extends DispatchedBill>(bills: readonly B[]) => Promise<readonly B[]> {
  return async function publish(bills) {
    await emails.write(bills.map((bill) => ({ key: bill.publicInfoId.toString(), value: encodeDispatchedBill(bill) })));
    return bills;
  };
}
