import { WeirError } from '../errors.ts';
import type { HttpAnswer } from './httpClient.ts';

/** The words of a failure's sentence. */
export interface Asked {
  /** Begins the sentence: `The SMS endpoint`. */
  readonly service: string;
  /** What it was given or asked for: `message`, `refund`. */
  readonly what: string;
}

/**
 * What a status other than 2xx means, as an error; undefined for 2xx. Only the status is told, since a body may repeat what it was given.
 *
 * - `throttled`: 408, 425, 429: not now, it was not taken.
 * - `unavailable`: 401, 403, 503: the service cannot be used by us; what was asked is not to blame and was not taken.
 * - `refused`: any other 4xx, an answer for good. A service that says more by a status (404, 409, 422) is read before this is asked.
 * - `outcomeUnknown`: everything else. A server that fails, or whose proxy does, may have carried it out.
 */
export function statusFailure({ status, retryAfterMs }: Pick<HttpAnswer, 'status' | 'retryAfterMs'>, asked: Asked): WeirError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const said = `${asked.service} answered ${status}`;
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 408 || status === 425 || status === 429) return new WeirError('throttled', `${said}: not now.`, later);
  if (status === 401 || status === 403 || status === 503) return new WeirError('unavailable', `${said}: it cannot be used.`, later);
  if (status >= 400 && status < 500) return new WeirError('refused', `${said}: it does not take this ${asked.what}.`, { isAnswer: true });
  return new WeirError('outcomeUnknown', `${said}: it may have the ${asked.what}.`);
}
