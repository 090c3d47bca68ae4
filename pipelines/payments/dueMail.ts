import { textOf, WeirError } from '../../src/errors.ts';
import type { CompiledReport } from './dailyReportStore.ts';

/** A mail that tells one person of a day. */
export interface ReportMail {
  readonly day: string;
  readonly recipient: string;
}

/** A mail of a report whose time has come. */
export interface DueMail extends ReportMail {
  /** Undefined until it is claimed. */
  readonly claimed: { readonly token: bigint; readonly report: CompiledReport } | undefined;
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
export function mailed(mail: DueMail): MailVerdict {
  return { ...nameOf(mail), kind: 'sent' };
}

/** The verdict on a mail that the server refused for good. */
export function refusedMail(mail: DueMail, error: unknown): MailVerdict {
  return { ...nameOf(mail), kind: 'refused', reason: textOf(error) };
}

/** The verdict on a mail that was surely not sent. */
export function laterMail(mail: DueMail): MailVerdict {
  return { ...nameOf(mail), kind: 'later' };
}

/** The verdict on a mail of which nobody can tell whether the server has it. */
export function unknownMail(mail: DueMail, error: unknown): MailVerdict {
  return { ...nameOf(mail), kind: 'unknown', reason: textOf(error) };
}

/** What the claim added to a mail. One that was not claimed has no business with the server: a defect. */
export function claimOf({ day, claimed }: DueMail): NonNullable<DueMail['claimed']> {
  if (claimed === undefined) throw new WeirError('defect', `A mail of ${day} was to be sent without a claim.`);
  return claimed;
}

function nameOf(mail: DueMail): ReportMail & { readonly token: bigint } {
  return { day: mail.day, recipient: mail.recipient, token: claimOf(mail).token };
}
