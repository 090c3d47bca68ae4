import { z } from 'zod';
import { WeirError } from '../../src/errors.ts';
import { expectation } from '../../src/expectation.ts';
import { identifierText } from '../shared/identifierText.ts';
import { timeOfDay, type QuietHours } from '../shared/quietHours.ts';
import { readVersioned } from '../shared/versioned.ts';
import { isTimeZone } from '../shared/zoneStretch.ts';

/** The topic of bills that are due to be mailed; its name is known to other programs. The key is `public_info_id`. */
export const emailTopic = {
  name: 'queuing.billing.email.send',
  deadLetters: 'queuing.billing.email.send.dlt',
  partitions: 3,
  maxSizeBytes: 4_096,
} as const;

/** Version of the message that is written, and the newest that is read. */
export const dispatchedBillVersion = 1;

/**
 * A bill on its way to the mail server. It names the bill and says when its member may be disturbed; name, address, fee and
 * details are read by the claim, just before sending: so an address that was changed is the one that is used, and the bus holds
 * no copies of personal data.
 */
export interface DispatchedBill {
  readonly billId: bigint;
  /** First day of the billing month, `YYYY-MM-DD`: half of the bill's primary key. */
  readonly billingDate: string;
  readonly publicInfoId: bigint;
  /**
   * The domain of the member's address, in lower case: the rate limit of a destination is asked before the claim, when the
   * address is not known yet. A member who moved to another domain meanwhile is limited under the old one.
   */
  readonly destination: string;
  /** Null where the member has none, and for a send that an operator forced. */
  readonly quietHours: QuietHours | null;
}

/** What a destination looks like. */
export const destinationPattern = /^[^\s@A-Z]{1,255}$/;

/** The destination of an address that has none: a domain that never exists (RFC 2606). */
export const noDestination = 'invalid';

const time = z.string().regex(timeOfDay, 'expected HH:MM').nullable();

const versionOne = z.strictObject({
  version: z.literal(1),
  billId: identifierText,
  billingDate: z.string().regex(/^[12]\d{3}-(0[1-9]|1[0-2])-01$/, 'expected the first day of a month'),
  publicInfoId: identifierText,
  destination: z.string().regex(destinationPattern, 'expected a domain in lower case'),
  quietHours: z.strictObject({ start: time, end: time, zone: z.string().refine(isTimeZone, 'unknown time zone') }).nullable(),
});

const versions = { newest: dispatchedBillVersion, schema: versionOne, name: "A bill's message", expected: "a bill's message" };

/** The message of a bill as UTF-8 JSON of the newest version. What a reader would refuse is refused here: a defect. */
export function encodeDispatchedBill(bill: DispatchedBill): Uint8Array {
  const message = {
    version: dispatchedBillVersion,
    billId: bill.billId.toString(),
    billingDate: bill.billingDate,
    publicInfoId: bill.publicInfoId.toString(),
    destination: bill.destination,
    quietHours: bill.quietHours,
  };
  const checked = versionOne.safeParse(message);
  if (!checked.success) throw new WeirError('defect', `A bill's message would be unreadable: ${expectation(checked.error)}`);
  return Buffer.from(JSON.stringify(message));
}

/**
 * Reads a message that was parsed as JSON. `newerVersion` for one that a newer Weir wrote (so that it waits for an upgrade
 * instead of being put aside), `undecodable` for any other shape; fields that version 1 does not know are refused, since
 * ignoring them would ignore what their writer meant.
 */
export const dispatchedBillSchema = {
  parse(input: unknown): DispatchedBill {
    const { billId, billingDate, publicInfoId, destination, quietHours } = readVersioned(versions, input);
    return { billId, billingDate, publicInfoId, destination, quietHours };
  },
};
