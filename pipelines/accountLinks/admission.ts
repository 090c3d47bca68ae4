import type { LinkStatus } from './link.ts';
import type { LinkRequest } from './linkRequest.ts';

/** A link as a request finds it. */
export interface StandingLink {
  /** The request in force. */
  readonly requestId: string;
  readonly accountNumber: string;
  readonly status: LinkStatus;
  /** Why it failed. */
  readonly failCode: string | null;
  readonly isParked: boolean;
}

/** Why a request clashes with the link that there is. */
export type Clash = 'LINKED_TO_ANOTHER' | 'ANOTHER_UNDER_WAY';

/** What becomes of a request. */
export type Admission =
  /** The bank is to be asked. */
  | { readonly kind: 'goOn' }
  /** The bank is to be asked, under a new key: the request takes the place of one that failed. */
  | { readonly kind: 'renew' }
  | { readonly kind: 'nothingToDo'; readonly why: string }
  | { readonly kind: 'parked' }
  /** The bank has refused it before. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It can never be done as the link stands. */
  | { readonly kind: 'clash'; readonly code: Clash };

/**
 * Decides about a request for a link that there is; `refusedWith` is why the bank refused the same request before, whose place another
 * may have taken since.
 *
 * A link that is active, or under way, is not turned to another account: money would go elsewhere than the partner was told. Whoever
 * wants that ends the link first. A request that failed is over; another one, by its id, may try anew.
 */
export function decideAdmission(request: LinkRequest, link: StandingLink, refusedWith: string | undefined): Admission {
  if (refusedWith !== undefined) return { kind: 'refused', code: refusedWith };
  const isInForce = request.requestId === link.requestId;
  if (request.accountNumber === undefined && !isInForce) {
    return { kind: 'nothingToDo', why: 'another request has taken its place' };
  }
  const isSameAccount = request.accountNumber === undefined || request.accountNumber === link.accountNumber;
  switch (link.status) {
    case 'ACTIVE':
      return isSameAccount ? { kind: 'nothingToDo', why: 'is active' } : { kind: 'clash', code: 'LINKED_TO_ANOTHER' };
    case 'FAILED':
      return isInForce ? { kind: 'refused', code: link.failCode ?? 'UNKNOWN' } : { kind: 'renew' };
    case 'REQUESTED':
    case 'REGISTERING':
      if (!isSameAccount) return { kind: 'clash', code: 'ANOTHER_UNDER_WAY' };
      if (!isInForce) return { kind: 'nothingToDo', why: 'is being registered for another request' };
      return link.isParked ? { kind: 'parked' } : { kind: 'goOn' };
  }
}
