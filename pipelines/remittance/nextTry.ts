/** How a step is tried: a few times soon, then rarely out of its failure table, then by a person. */
export interface TryOptions {
  /** Tries of a step, the first among them. */
  readonly tries: number;
  /** Between them, in milliseconds. */
  readonly delayMs: number;
  /** Tries out of the failure table. */
  readonly retries: number;
  /** Before the first of those, in milliseconds; it doubles. */
  readonly retryDelayMs: number;
}

/** What comes after a try that did not work. */
export type NextTry =
  /** Tried again by itself at that time. */
  | { readonly kind: 'soon'; readonly at: Date }
  /** Left to the job that retries what has failed. */
  | { readonly kind: 'retry'; readonly at: Date }
  /** Left to a person. */
  | { readonly kind: 'parked' };

/** What comes after so many tries of a step, the last of which ended at a time, calendar time. */
export function nextTry(triesMade: number, at: Date, { tries, delayMs, retries, retryDelayMs }: TryOptions): NextTry {
  if (triesMade < tries) return { kind: 'soon', at: new Date(at.getTime() + delayMs) };
  const retriesMade = triesMade - tries;
  if (retriesMade >= retries) return { kind: 'parked' };
  return { kind: 'retry', at: new Date(at.getTime() + retryDelayMs * 2 ** retriesMade) };
}
