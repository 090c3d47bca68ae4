import type { CallKind } from '../bankCall.ts';

/** Money that a bank is to move, and the key under which it is asked, always the same. */
export interface BankOrder {
  readonly key: string;
  readonly kind: CallKind;
  /** The business's account: it is taken from for MOVE_IN, and given to for the others. */
  readonly accountNumber: string;
  readonly amountMinor: bigint;
}

/** What a bank says of an order that it has. */
export type BankAnswer =
  | { readonly kind: 'done' }
  /** It never will be under this key; `reason` is the bank's own word. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Neither yet. */
  | { readonly kind: 'accepted' };

/**
 * A bank that keeps every order under its key for ever. Every call is one exchange under its signal, and errors are those of `HttpClient`;
 * an answer that is not in the bank's form is `outcomeUnknown`, since nothing may be concluded from it. Only `done` and `refused` are ends:
 * no error ever means that an order was not carried out.
 */
export interface Bank {
  /** Has money moved. The same key again is the same order, whatever became of it. */
  move(order: BankOrder, signal: AbortSignal): Promise<BankAnswer>;
  /** What became of an order. What is not found may still be on its way. */
  find(key: string, signal: AbortSignal): Promise<BankAnswer | { readonly kind: 'notFound' }>;
}
