/** A partner account that a bank is to register, and the key under which it is asked, always the same. */
export interface RegistrationOrder {
  readonly key: string;
  /** Our account. */
  readonly accountId: string;
  readonly partner: string;
  /** Of the account at the partner: personal data. */
  readonly accountNumber: string;
}

/** What a bank has decided about an order, for ever. */
export type RegistrationAnswer =
  | { readonly kind: 'registered' }
  /** It never will be under this key; `reason` is the bank's own word. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * A bank that keeps every registration under its key for ever. Every call is one exchange under its signal, and errors are those of
 * `HttpClient`; an answer that is not in the bank's form is `outcomeUnknown`, since nothing may be concluded from it. No error ever means
 * that an account was not registered.
 */
export interface RegistrationBank {
  /** Has an account registered. The same key again is the same order, whatever became of it. */
  register(order: RegistrationOrder, signal: AbortSignal): Promise<RegistrationAnswer>;
  /** What became of an order. What is not found may still be on its way. */
  find(key: string, signal: AbortSignal): Promise<RegistrationAnswer | { readonly kind: 'notFound' }>;
}
