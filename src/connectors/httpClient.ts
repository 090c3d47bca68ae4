/** One request to a service. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /**
   * Behind the service's address, as it goes over the line: from its slash on, parts from outside put through
   * `encodeURIComponent`. One that would lead elsewhere (`..`) is refused and not sent.
   */
  readonly path: string;
  /** Beside those that the client writes itself (the token, what is accepted, the length, the trace of the message or the request that it is asked for). */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless a `content-type` among the headers says otherwise. Default: none. */
  readonly body?: string;
}

/** What a service answered, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the service asks to be left alone; absent where it does not say, or says a date. */
  readonly retryAfterMs?: number;
}

/**
 * Asks one service over HTTP.
 *
 * `ask` resolves with any answer that came whole: its status is data, and `statusFailure` tells what it means. It never tries again
 * by itself, follows no redirect, and has no time limit but the signal. Every error is a `WeirError` without path, headers and body
 * in it, and its kind says what is known:
 *
 * - `refused` (permanent): the path would lead elsewhere. Nothing was sent.
 * - `unavailable` (transient): the service was not reached. Nothing was sent.
 * - `cancelled` (transient): the signal was aborted before anything was sent.
 * - `outcomeUnknown` (unknown): lost, aborted or longer than an answer may be, after the request may have been on its way. A question
 *   may simply be asked again; whether an order was carried out must be found out.
 *
 * Any number of calls may be outstanding, each with a connection of its own.
 */
export interface HttpClient {
  ask(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /**
   * Resolves when the service answers at all within the limit, in milliseconds, and not that it is out of service; rejects with a
   * `WeirError` that says why it does not. Changes nothing there.
   */
  reach(limitMs: number): Promise<void>;
}
