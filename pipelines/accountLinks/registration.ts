import { codeOf, textOf, WeirError } from '../../src/errors.ts';
import type { RegistrationAnswer, RegistrationOrder } from './bank/registrationBank.ts';
import { nextTry, type NextTry, type TryOptions } from './nextTry.ts';

/** What the claim adds to a link: what the bank is asked for, and how often it was in vain. */
export interface ClaimedOrder {
  readonly order: RegistrationOrder;
  /** Under which it is claimed. */
  readonly token: bigint;
  /** Whether it was perhaps sent before: then what became of that is found out first. */
  readonly wasAsked: boolean;
  /** Tries that ended without the bank's word. */
  readonly tries: number;
}

/** A link whose registration may be due. */
export interface DueLink {
  readonly linkId: bigint;
  readonly requestId: string;
  /** Undefined until it is claimed. */
  readonly claimed: ClaimedOrder | undefined;
}

/** How asking the bank ended. */
export type Registration =
  | { readonly kind: 'answered'; readonly link: DueLink; readonly answer: RegistrationAnswer }
  /** Nobody can tell whether it was registered, or the bank could not be asked. `error`: a sentence for people. */
  | { readonly kind: 'unanswered'; readonly link: DueLink; readonly code: string; readonly error: string }
  /** The bank went away before it was asked. */
  | { readonly kind: 'notAsked'; readonly link: DueLink; readonly until: Date };

/** What is to be written about a link. */
export type LinkNews = { readonly linkId: bigint; readonly requestId: string; readonly key: string; readonly token: bigint } & (
  | { readonly kind: 'registered' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Given back without a try. */
  | { readonly kind: 'givenBack'; readonly until: Date }
  | { readonly kind: 'failing'; readonly tries: number; readonly next: NextTry; readonly code: string; readonly error: string }
);

/** What the claim added to a link. One that was not claimed has no business with the bank: a defect. */
export function claimOf({ linkId, claimed }: DueLink): ClaimedOrder {
  if (claimed === undefined) throw new WeirError('defect', `Link ${linkId} was to be registered without a claim.`);
  return claimed;
}

/** The verdict on a link about which nothing came that could be believed. */
export function unanswered(link: DueLink, error: unknown): Registration {
  return { kind: 'unanswered', link, code: codeOf(error), error: textOf(error) };
}

/** Decides what is written about a link that the bank was asked for, and when it is asked again. */
export function newsOf(registration: Registration, now: Date, again: TryOptions): LinkNews {
  const { linkId, requestId } = registration.link;
  const { order, token, tries } = claimOf(registration.link);
  const about = { linkId, requestId, key: order.key, token };
  switch (registration.kind) {
    case 'answered':
      return { ...about, ...registration.answer };
    case 'notAsked':
      return { ...about, kind: 'givenBack', until: registration.until };
    case 'unanswered': {
      const { code, error } = registration;
      return { ...about, kind: 'failing', tries: tries + 1, next: nextTry(tries + 1, now, again), code, error };
    }
  }
}
