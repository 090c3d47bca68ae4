import { textOf, WeirError } from '../../src/errors.ts';
import type { RequestedText } from './requestedText.ts';

/** What the claim adds. */
export interface ClaimedText {
  /** The column `billing_details`. */
  readonly details: unknown;
  /** Encrypted, field `phone`; the number as it is now. */
  readonly encryptedPhone: string;
  /** Whose claim it is: no two are alike, since one request may be claimed again when its holder has died. */
  readonly holder: string;
}

/** An SMS that may be sent. */
export interface SendableText {
  readonly request: RequestedText;
  /** Undefined until it is claimed. */
  readonly claimed: ClaimedText | undefined;
}

/** The endpoint took it. */
export interface SentText {
  readonly kind: 'sent';
  readonly request: RequestedText;
  /** The endpoint's name for it. */
  readonly response: string;
}

/**
 * What became of an SMS. `later`: the endpoint does not have it and could not take it; it is asked for again, not before `until`.
 * `holder` of what is no answer: it says nothing about the claim of another. Undefined when it was not claimed.
 */
export type TextVerdict =
  | SentText
  | { readonly kind: 'refused'; readonly request: RequestedText; readonly error: unknown }
  | { readonly kind: 'later'; readonly request: RequestedText; readonly holder: string | undefined; readonly until: Date }
  | { readonly kind: 'unknown'; readonly request: RequestedText; readonly holder: string; readonly reason: string };

/** A message as it may be sent, not claimed yet. */
export function decideText(request: RequestedText): SendableText {
  return { request, claimed: undefined };
}

/** The verdict on an SMS that the endpoint refused for good. */
export function textRefused({ request }: SendableText, error: unknown): TextVerdict {
  return { kind: 'refused', request, error };
}

/** The verdict on an SMS that could not be sent now. */
export function textLater({ request, claimed }: SendableText, until: Date): TextVerdict {
  return { kind: 'later', request, holder: claimed?.holder, until };
}

/** The verdict on an SMS whose fate nobody can tell. */
export function textUnknown(send: SendableText, error: unknown): TextVerdict {
  return { kind: 'unknown', request: send.request, holder: claimedText(send).holder, reason: textOf(error) };
}

/** What the claim added. One that was not claimed has no business with the endpoint: a defect. */
export function claimedText({ request, claimed }: SendableText): ClaimedText {
  if (claimed === undefined) throw new WeirError('defect', `The SMS of bill ${request.billId} was to be sent without a claim.`);
  return claimed;
}
