import { textOf, WeirError } from '../../../src/errors.ts';

/** A mail that tells one person of a day. */
export interface ReportMail {
  readonly day: string;
  readonly recipient: string;
}

/** A mail of a report whose time has come; `R` is what it tells. */
export interface DueMail<R> extends ReportMail {
  /** Undefined until it is claimed. */
  readonly claimed: { readonly token: bigint; readonly report: R } | undefined;
}

/** What became of a claimed mail. */
export type MailVerdict = ReportMail & { readonly token: bigint } & (
    | { readonly kind: 'sent' }
    /** The server will never take it. */
    | { readonly kind: 'refused'; readonly reason: string }
    /** The server surely does not have it, and may take it later. */
    | { readonly kind: 'later' }
    /** Nobody can tell whether the server has it. */
    | { readonly kind: 'unknown'; readonly reason: string }
  );

/** The server took it. */
export function mailed(mail: DueMail<unknown>): MailVerdict {
  return { ...nameOf(mail), kind: 'sent' };
}

/** The verdict on a mail that the server refused for good. */
export function refusedMail(mail: DueMail<unknown>, error: unknown): MailVerdict {
  return { ...nameOf(mail), kind: 'refused', reason: textOf(error) };
}

/** The verdict on a mail that was surely not sent. */
export function laterMail(mail: DueMail<unknown>): MailVerdict {
  return { ...nameOf(mail), kind: 'later' };
}

/** The verdict on a mail of which nobody can tell whether the server has it. */
export function unknownMail(mail: DueMail<unknown>, error: unknown): MailVerdict {
  return { ...nameOf(mail), kind: 'unknown', reason: textOf(error) };
}

/** What the claim added to a mail. One that was not claimed has no business with the server: a defect. */
export function claimOf<R>({ day, claimed }: DueMail<R>): NonNullable<DueMail<R>['claimed']> {
  if (claimed === undefined) throw new WeirError('defect', `A mail of ${day} was to be sent without a claim.`);
  return claimed;
}

function nameOf(mail: DueMail<unknown>): ReportMail & { readonly token: bigint } {
  return { day: mail.day, recipient: mail.recipient, token: claimOf(mail).token };
}
