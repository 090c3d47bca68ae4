/** A mailbox: the plain address, and the name that people see beside it. */
export interface Address {
  /** One plain address (`local@domain`, ASCII, an international domain in its xn-- form). It is the envelope, and nothing else is. */
  readonly address: string;
  /** May be empty. */
  readonly name: string;
}

/** A file that a mail carries. */
export interface Attachment {
  /** Letters, digits, dots, hyphens and underscores: `report.csv`. */
  readonly name: string;
  /** `text/csv`. */
  readonly type: string;
  /** Text, which arrives as UTF-8, byte by byte. */
  readonly content: string;
}

/** One mail to one recipient. */
export interface Mail {
  readonly from: Address;
  readonly to: Address;
  readonly subject: string;
  /** The same content twice: for readers that show plain text, and as HTML. */
  readonly text: string;
  readonly html: string;
  readonly attachments?: readonly Attachment[];
  /** `<unique@domain>`. The same for every try of the same mail, so that a double can be seen. */
  readonly messageId: string;
  /** Further headers in printable ASCII (`List-Unsubscribe`, `Auto-Submitted`); not those that the mailer writes itself. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Hands mails to a mail server.
 *
 * `send` resolves once the server has taken responsibility for the mail; that is final. It never tries again by itself. Every
 * error is a `WeirError` without the address in it, and its kind says what is known:
 *
 * - `refused`, `oversize` (permanent): the server said no for good (5xx), or the mail is not one that may be sent (an address
 *   that is a list, a line break in a header; then nothing was sent). `isAnswer` is true where the server said it.
 * - `throttled` (transient): the server said not now (4xx). It does not have the mail.
 * - `unavailable` (transient): the server cannot be used: not reached, no TLS where it is required, our credentials or our sender
 *   are refused, or the connection was lost before the mail's final dot was written. It does not have the mail.
 * - `cancelled` (transient): the signal was aborted before the final dot was written. The server does not have the mail.
 * - `outcomeUnknown` (unknown): lost, silent or aborted after the final dot was written. The server may have the mail.
 *
 * Any number of calls may be outstanding; those beyond the number of connections wait in the order of their calls, so the
 * caller's own concurrency bounds the queue. A waiting call whose signal is aborted leaves the queue.
 */
export interface Mailer {
  /** Resolves with the server's reply, which often carries its queue id; the recipient's address is struck out of it. */
  send(mail: Mail, signal: AbortSignal): Promise<{ readonly response: string }>;
  /**
   * Resolves when the server accepts a session (TLS and credentials included) within the limit, in milliseconds; rejects with a
   * `WeirError` that says why it does not. Sends no mail; uses a connection of its own.
   */
  reach(limitMs: number): Promise<void>;
  /** Accepts no more mails, waits for those that were handed over, then ends every connection. */
  close(): Promise<void>;
}
