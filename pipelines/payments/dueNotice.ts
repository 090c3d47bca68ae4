import { textOf, WeirError } from '../../src/errors.ts';
import type { Channel, NoticeContent } from './notice.ts';

/** A notice whose time has come. */
export interface DueNotice {
  readonly noticeId: bigint;
  readonly channel: Channel;
  /** Undefined until it is claimed. */
  readonly claimed: { readonly token: bigint; readonly content: NoticeContent } | undefined;
}

/** What became of a claimed notice. */
export type NoticeVerdict = { readonly noticeId: bigint; readonly token: bigint } & (
  | { readonly kind: 'sent'; readonly response: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly until: Date }
  | { readonly kind: 'untried' }
  | { readonly kind: 'unknown'; readonly reason: string }
);

/** Its channel took it. */
export function sent(notice: DueNotice, response: string): NoticeVerdict {
  return { ...nameOf(notice), kind: 'sent', response };
}

/** It will never be taken. */
export function refused(notice: DueNotice, error: unknown): NoticeVerdict {
  return { ...nameOf(notice), kind: 'refused', reason: textOf(error) };
}

/** It was surely not taken, and may be later. */
export function later(notice: DueNotice, until: Date): NoticeVerdict {
  return { ...nameOf(notice), kind: 'later', until };
}

/** Its channel shut between the claim and the call. */
export function untried(notice: DueNotice): NoticeVerdict {
  return { ...nameOf(notice), kind: 'untried' };
}

/** Nobody can tell whether it was taken. */
export function unknownNotice(notice: DueNotice, error: unknown): NoticeVerdict {
  return { ...nameOf(notice), kind: 'unknown', reason: textOf(error) };
}

/** What the claim added to a notice. One that was not claimed has no business with its channel: a defect. */
export function claimOf({ noticeId, claimed }: DueNotice): NonNullable<DueNotice['claimed']> {
  if (claimed === undefined) throw new WeirError('defect', `Notice ${noticeId} was to be sent without a claim.`);
  return claimed;
}

function nameOf(notice: DueNotice): { readonly noticeId: bigint; readonly token: bigint } {
  return { noticeId: notice.noticeId, token: claimOf(notice).token };
}
