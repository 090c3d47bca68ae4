import { textOf, WeirError } from '../../src/errors.ts';
import type { DueNews } from './late.ts';
import { lateText } from './lateText.ts';

/** What became of a message. */
export type LateVerdict = { readonly token: bigint } & (
  | { readonly kind: 'sent' }
  /** The chat will never take it as it is. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It was surely not taken, and may be later. */
  | { readonly kind: 'later' }
  /** Nobody can tell whether it was taken. */
  | { readonly kind: 'unknown'; readonly reason: string }
);

/** Posts a text. Undefined: the chat was away, and was not asked. */
export type PostLate = (text: string, signal: AbortSignal) => Promise<'posted' | undefined>;

/** Makes the effect that posts a claimed message. Errors are those of the chat. */
export function tellLate(post: PostLate): (news: DueNews, signal: AbortSignal) => Promise<LateVerdict> {
  return async function tell(news, signal) {
    const { token, content } = claimOf(news);
    return (await post(lateText(content), signal)) === undefined ? { token, kind: 'later' } : { token, kind: 'sent' };
  };
}

export function refused(news: DueNews, error: unknown): LateVerdict {
  return { token: claimOf(news).token, kind: 'refused', reason: textOf(error) };
}

export function later(news: DueNews): LateVerdict {
  return { token: claimOf(news).token, kind: 'later' };
}

export function unknownPost(news: DueNews, error: unknown): LateVerdict {
  return { token: claimOf(news).token, kind: 'unknown', reason: textOf(error) };
}

/** What the claim added to a message. One that was not claimed has no business with the chat: a defect. */
function claimOf({ claimed }: DueNews): NonNullable<DueNews['claimed']> {
  if (claimed === undefined) throw new WeirError('defect', 'News of late remittances were to be posted without a claim.');
  return claimed;
}
