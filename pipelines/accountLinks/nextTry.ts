/** When a registration that brought no word of the bank is tried again. */
export interface TryOptions {
  /** Tries after the first, each by the job. */
  readonly retries: number;
  /** Before the first of those, in milliseconds; it doubles. */
  readonly firstDelayMs: number;
  /** Longest such wait, in milliseconds. */
  readonly maxDelayMs: number;
}

/** What comes after a try without the bank's word. */
export type NextTry =
  | { readonly kind: 'again'; readonly at: Date }
  /** Left to a person. */
  | { readonly kind: 'parked' };

/** What comes after so many tries, the last of which ended at a time, calendar time. */
export function nextTry(triesMade: number, at: Date, { retries, firstDelayMs, maxDelayMs }: TryOptions): NextTry {
  const retriesMade = triesMade - 1;
  if (retriesMade >= retries) return { kind: 'parked' };
  return { kind: 'again', at: new Date(at.getTime() + Math.min(maxDelayMs, firstDelayMs * 2 ** retriesMade)) };
}
