import type { QuietHours } from '../shared/quietHours.ts';

/** The topic of bills that are due to be mailed; its name is known to other programs. The key is `public_info_id`. */
export const emailTopic = {
  name: 'queuing.billing.email.send',
  deadLetters: 'queuing.billing.email.send.dlt',
  partitions: 3,
  maxSizeBytes: 4_096,
} as const;

/**
 * A bill on its way to the mail server. It names the bill and says when its member may be disturbed; name, address, fee and
 * details are read by the claim, just before sending: so an address that was changed is the one that is used, and there are
 * no copies of personal data on the bus.
 */
export interface DispatchedBill {
  readonly billId: bigint;
  /** First day of the billing month, `YYYY-MM-DD`: half of the bill's primary key. */
  readonly billingDate: string;
  readonly publicInfoId: bigint;
  /**
   * The domain of the member's address, in lower case: the rate limit of a destination is asked before the claim, when the
   * address is not known yet. The domain that an address was moved to meanwhile is only limited under its old name.
   */
  readonly destination: string;
  /** Null where the member has none, and for a send that an operator forced. */
  readonly quietHours: QuietHours | null;
}

/** The message of a bill, version 1, as UTF-8 JSON. */
export declare function encodeDispatchedBill(bill: DispatchedBill): Uint8Array;

/** Reads a message that was parsed as JSON. `newerVersion` for one of a newer Weir, `undecodable` for another shape. */
export declare const dispatchedBillSchema: { parse(input: unknown): DispatchedBill };
