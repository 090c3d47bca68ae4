import { textOf, WeirError } from '../../src/errors.ts';
import type { BankAnswer, BankOrder } from './bank/bank.ts';
import type { NamedRow } from './namedRow.ts';
import { nextTry, type NextTry, type TryOptions } from './nextTry.ts';

/** What the claim adds to a call: what the bank is asked for, and how often it was. */
export interface ClaimedCall {
  readonly order: BankOrder;
  /** Whether it was perhaps sent before: then what became of that is found out first. */
  readonly wasAsked: boolean;
  /** Tries in a row to which the bank gave no answer. */
  readonly tries: number;
  /** How often it said that it has not done it yet. */
  readonly asks: number;
}

/** A call of the bank that may be due. */
export interface DueCall {
  readonly callId: bigint;
  /** Undefined until it is claimed. */
  readonly claimed: ClaimedCall | undefined;
}

/** How asking the bank about a call ended. */
export type AskedCall =
  | { readonly kind: 'answered'; readonly call: DueCall; readonly answer: BankAnswer }
  /** Nobody can tell whether it was carried out. `error`: a sentence for people. */
  | { readonly kind: 'unanswered'; readonly call: DueCall; readonly error: string }
  /** The bank went away before it was asked. */
  | { readonly kind: 'notAsked'; readonly call: DueCall; readonly until: Date };

/** What is to be written about a call. */
export type CallNews = { readonly callId: bigint } & (
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** The bank has it and has not ended it. */
  | { readonly kind: 'accepted'; readonly asks: number; readonly until: Date }
  /** To be asked again soon. */
  | { readonly kind: 'later'; readonly tries: number; readonly until: Date }
  /** It has been asked in vain so often that it stands in the table of failures. */
  | { readonly kind: 'failing'; readonly tries: number; readonly next: Exclude<NextTry, { kind: 'soon' }>; readonly error: string }
);

/** When a call is asked again. */
export interface AskAgain {
  /** After no answer. */
  readonly again: TryOptions;
  /** After the bank's word that it has not ended it yet: the first wait, which doubles, and the longest, in milliseconds. */
  readonly notYet: { readonly firstMs: number; readonly maxMs: number };
}

/** The call that a message names. */
export function callOf({ id }: NamedRow): DueCall {
  return { callId: id, claimed: undefined };
}

/** What the claim added to a call. One that was not claimed has no business with the bank: a defect. */
export function claimOf({ callId, claimed }: DueCall): ClaimedCall {
  if (claimed === undefined) throw new WeirError('defect', `Call ${callId} was to be made without a claim.`);
  return claimed;
}

/** The verdict on a call to which nothing came that could be believed. */
export function unanswered(call: DueCall, error: unknown): AskedCall {
  return { kind: 'unanswered', call, error: textOf(error) };
}

/** The verdict on a claimed call that was not made. */
export function notAsked(call: DueCall, until: Date): AskedCall {
  return { kind: 'notAsked', call, until };
}

/** Decides what is written about a call that was asked, and when it is asked again. */
export function newsOf(asked: AskedCall, now: Date, { again, notYet }: AskAgain): CallNews {
  const { callId } = asked.call;
  const { tries, asks } = claimOf(asked.call);
  if (asked.kind === 'notAsked') return { callId, kind: 'later', tries, until: asked.until };
  if (asked.kind === 'unanswered') {
    const next = nextTry(tries + 1, now, again);
    if (next.kind === 'soon') return { callId, kind: 'later', tries: tries + 1, until: next.at };
    return { callId, kind: 'failing', tries: tries + 1, next, error: asked.error };
  }
  const { answer } = asked;
  if (answer.kind !== 'accepted') return { callId, ...answer };
  const waitMs = Math.min(notYet.maxMs, notYet.firstMs * 2 ** Math.min(asks, 30));
  return { callId, kind: 'accepted', asks: asks + 1, until: new Date(now.getTime() + waitMs) };
}
