import type { LinkStatus } from './link.ts';
import type { LinkNews } from './registration.ts';

/** A link as its row stands when news of it come. */
export interface KeptLink {
  readonly status: LinkStatus;
  readonly key: string;
  /** Under which it is claimed; null where it is not. */
  readonly token: bigint | null;
}

/** What news change of a link. */
export type LinkChange =
  | 'activate'
  | 'fail'
  /** It was written before: only the answer was lost. */
  | 'isActive'
  | 'hasFailed'
  /** The bank has said the opposite before, under the same key. */
  | 'contradicted'
  /** A try more without the bank's word. */
  | 'countTry'
  | 'giveBack'
  /** Whoever holds it now writes what comes of it. */
  | 'leave'
  /** It has its end, or another request has taken its place. */
  | 'isOver';

/**
 * Decides what news change. The bank's word counts whoever heard it, since it stands under the key for ever; that there was none counts only
 * from the holder of the claim.
 */
export function changeOf(news: LinkNews, link: KeptLink): LinkChange {
  if (news.key !== link.key) return 'isOver';
  const isOpen = link.status === 'REQUESTED' || link.status === 'REGISTERING';
  switch (news.kind) {
    case 'registered':
      if (isOpen) return 'activate';
      return link.status === 'ACTIVE' ? 'isActive' : 'contradicted';
    case 'refused':
      if (isOpen) return 'fail';
      return link.status === 'FAILED' ? 'hasFailed' : 'contradicted';
    case 'failing':
    case 'givenBack':
      if (!isOpen) return 'isOver';
      if (link.token !== news.token) return 'leave';
      return news.kind === 'failing' ? 'countTry' : 'giveBack';
  }
}
