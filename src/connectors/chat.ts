/**
 * Posts messages to a chat channel that people of the company read.
 *
 * `post` resolves once the chat has taken the message; that is final. It never tries again by itself. A chat knows no key: the same
 * message posted twice is read twice. Every error is a `WeirError` without text, address and token in it, and its kind says what is
 * known:
 *
 * - `refused` (permanent): the chat will not take this message; it is there (`isAnswer`).
 * - `throttled` (transient): not now; it does not have the message.
 * - `unavailable` (transient): the chat cannot be used: not reached, the address is not let in, it is out of service. It does not
 *   have the message.
 * - `cancelled` (transient): the signal was aborted before anything was sent.
 * - `outcomeUnknown` (unknown): lost, aborted or failed after the message was on its way. The chat may have it.
 *
 * Any number of calls may be outstanding, each with a connection of its own.
 */
export interface Chat {
  /** `text` is plain: nothing in it is taken for a link, a mention or markup of the chat. A text longer than a chat shows is cut. */
  post(text: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the chat answers at all within the limit, in milliseconds, and not that it is out of service; rejects with a
   * `WeirError` that says why it does not. Posts nothing.
   */
  reach(limitMs: number): Promise<void>;
}
