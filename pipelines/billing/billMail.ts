import type { BillingDetails } from './billingDetails.ts';
import type { BillLine } from './delivery.ts';

/** What a bill's mail says, in the clear. */
export interface BillContent {
  readonly billId: bigint;
  readonly billingDate: string;
  readonly name: string;
  readonly address: string;
  readonly feeMinor: bigint;
  readonly details: BillingDetails;
  readonly lines: readonly BillLine[];
}

/** A composed mail. */
export interface BillMail {
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly messageId: string;
}

/** Composes the mail of a bill; `domain` is that of the sender, for the Message-ID. */
export declare function composeBillMail(content: BillContent, domain: string): BillMail;
