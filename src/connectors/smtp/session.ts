import { Readable, Transform } from 'node:stream';
import type { NodemailerError } from 'nodemailer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from './smtpOptions.ts';
import { abortError, mailError, sessionError } from './translateError.ts';

const sliceBytes = 64 * 1024;
const quitLimitMs = 1_000;

type Done<T> = (error: NodemailerError | null | undefined, result?: T) => void;

/**
 * One connection to the mail server, used for one mail after another.
 *
 *     connecting → ready ⇄ in dialogue
 *                    ↓         ↓
 *                  closed ← (lost, silent, aborted, 421)
 *
 * After a mail that the server refused the session is unclean until `reset` has told the server to forget it.
 */
export class Session {
  readonly #connection: SMTPConnection;
  readonly #settings: SmtpSettings;
  #mails = 0;
  #isClean = true;

  private constructor(settings: SmtpSettings) {
    this.#settings = settings;
    this.#connection = new SMTPConnection({
      host: settings.host,
      port: settings.port,
      secure: settings.isSecure,
      requireTLS: settings.requireTls && !settings.isSecure,
      tls: settings.ca === undefined ? {} : { ca: settings.ca },
      name: settings.clientName,
      connectionTimeout: settings.connectLimitMs,
      greetingTimeout: settings.greetingLimitMs,
      socketTimeout: settings.silenceLimitMs,
      socketCloseTimeout: 0, // a connection is closed when nothing more is expected of it: no wait for the other side
      logger: false,
    });
    // A connection that fails while nobody waits for it must not end the process; `isOpen` tells.
    this.#connection.on('error', () => undefined);
  }

  /** Connects, greets, and authenticates where there are credentials. Errors are `unavailable`, or `cancelled` by the signal. */
  static async open(settings: SmtpSettings, signal: AbortSignal): Promise<Session> {
    const session = new Session(settings);
    const { credentials } = settings;
    try {
      await session.#outcomeOf<unknown>(signal, (done) => session.#connection.connect(done), sessionError);
      if (credentials !== undefined) {
        await session.#outcomeOf<unknown>(signal, (done) => session.#connection.login({ ...credentials }, done), sessionError);
      }
    } catch (error) {
      session.#connection.close();
      throw error;
    }
    return session;
  }

  get isOpen(): boolean {
    return !this.#connection.destroyed;
  }

  get isClean(): boolean {
    return this.#isClean;
  }

  /** Mails that were begun on this connection. */
  get mails(): number {
    return this.#mails;
  }

  /** Hands over one composed mail and returns the server's reply. Errors as the port's `send` says. */
  async send(from: string, to: string, message: Buffer, signal: AbortSignal): Promise<string> {
    // The client ends its own stream, and so writes the dot, only after ours has ended: until then the server cannot have a mail.
    const stream = message.length > sliceBytes ? slices(message) : new WholeMessage(message);
    const isDotWritten = (): boolean => (stream instanceof WholeMessage ? stream.isHandedOn : stream.readableEnded);
    this.#mails += 1;
    this.#isClean = false;
    const info = await this.#outcomeOf<{ readonly response: string }>(
      signal,
      (done) => this.#connection.send({ from, to: [to], size: message.length }, stream, done),
      (error) => mailError(error, isDotWritten()),
      isDotWritten,
    );
    this.#isClean = true;
    return info.response;
  }

  /** Makes the server forget a mail that failed, so that the connection can be used again. */
  async reset(signal: AbortSignal): Promise<void> {
    await this.#outcomeOf<unknown>(signal, (done) => this.#connection.reset(done), sessionError);
    this.#isClean = true;
  }

  /** Says goodbye and closes; waits for the server's answer for a second at most. */
  async quit(): Promise<void> {
    if (!this.isOpen) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#settings.clock.after(quitLimitMs, () => this.#connection.close());
      this.#connection.once('end', () => {
        cancel();
        resolve();
      });
      this.#connection.quit();
    });
  }

  /** Closes at once. */
  destroy(): void {
    this.#connection.close();
  }

  /**
   * The result of one step of the dialogue, whichever way it ends: by the step's own callback, by the connection's error or end
   * (then the callback is not always called), or by the signal, which closes the connection.
   */
  async #outcomeOf<T>(
    signal: AbortSignal,
    start: (done: Done<T>) => void,
    translate: (error: NodemailerError) => Error,
    isDotWritten: () => boolean = () => false,
  ): Promise<T> {
    const connection = this.#connection;
    const ended = Promise.withResolvers<T>();
    const failed = (error: NodemailerError): void => ended.reject(translate(error));
    // The client ends the connection first and calls the step back with the better error after it, in the same turn.
    const closed = (): void => queueMicrotask(() => failed(Object.assign(new Error(), { code: 'ECONNECTION' })));
    const aborted = (): void => {
      ended.reject(abortError(isDotWritten()));
      connection.close();
    };
    connection.once('error', failed).once('end', closed);
    signal.addEventListener('abort', aborted, { once: true });
    try {
      if (signal.aborted) aborted();
      else start((error, result) => (error ? failed(error) : ended.resolve(result as T)));
      return await ended.promise;
    } finally {
      connection.off('error', failed).off('end', closed);
      signal.removeEventListener('abort', aborted);
    }
  }
}

/** Ends the message in the dialogue. */
const end = Buffer.from('.\r\n');

/**
 * A small message, handed on whole and with its end when the client asks for it. The client would look at each of its bytes for a dot
 * that begins a line, and write the end apart: for each mail, that costs as much as half of the dialogue. Its own stream is passed by
 * only where there is nothing to be found.
 */
class WholeMessage extends Readable {
  readonly #message: Buffer;
  isHandedOn = false;

  constructor(message: Buffer) {
    super();
    this.#message = message;
  }

  override pipe<T extends NodeJS.WritableStream>(target: T): T {
    this.isHandedOn = true;
    if (target instanceof Transform && isPlain(this.#message)) {
      target.push(Buffer.concat([this.#message, end]));
      target.push(null);
    } else target.end(this.#message);
    return target;
  }
}

/** Whether a composed message, whose lines all end with CR LF, is written as it is: no line begins with a dot. */
function isPlain(message: Buffer): boolean {
  return message[0] !== 0x2e && message.at(-1) === 0x0a && !message.includes('\n.');
}

/** The message in pieces, so that of a large one no more is handed on than the connection takes. */
function slices(message: Buffer): Readable {
  let position = 0;
  return new Readable({
    read() {
      this.push(message.subarray(position, (position += sliceBytes)));
      if (position >= message.length) this.push(null);
    },
  });
}
