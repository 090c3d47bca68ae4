/** One short message to one phone. */
export interface Text {
  /** Digits, with a plus in front of a country's. */
  readonly to: string;
  readonly text: string;
  /**
   * The same for every try of the same message: an endpoint that has seen it sends nothing again and repeats its answer. At most
   * 255 printable characters.
   */
  readonly idempotencyKey: string;
}

/**
 * Hands short messages to an SMS endpoint.
 *
 * `send` resolves once the endpoint has taken the message; that is final. It never tries again by itself. Every error is a
 * `WeirError` without number, text or token in it, and its kind says what is known:
 *
 * - `refused` (permanent): the endpoint will not take this message; it is there (`isAnswer`).
 * - `throttled` (transient): not now; it does not have the message.
 * - `unavailable` (transient): the endpoint cannot be used: not reached, our token is wrong, it is out of service. It does not have
 *   the message.
 * - `cancelled` (transient): the signal was aborted before anything was sent.
 * - `outcomeUnknown` (unknown): lost, aborted or failed after the request was on its way. The endpoint may have the message.
 *
 * Any number of calls may be outstanding, each with a connection of its own.
 */
export interface Texter {
  /** Resolves with the endpoint's name for the message. */
  send(text: Text, signal: AbortSignal): Promise<{ readonly id: string }>;
  /**
   * Resolves when the endpoint answers at all within the limit, in milliseconds, and not that it is out of service; rejects with a
   * `WeirError` that says why it does not. Sends no message.
   */
  reach(limitMs: number): Promise<void>;
}
