import { WeirError } from '../../errors.ts';
import { Session } from './session.ts';
import type { SmtpSettings } from './smtpOptions.ts';
import { abortError } from './translateError.ts';

interface Idle {
  readonly session: Session;
  readonly cancelEnd: () => void;
}

/**
 * At most `maxConnections` sessions at once; who finds none free waits in the order of arrival.
 *
 * A session is opened by the call that needs it, so a failure to open is that call's error and nobody else's. The one that was
 * used last is used next: what is more than the load needs stays idle and is closed.
 */
export class SessionPool {
  readonly #settings: SmtpSettings;
  readonly #idle: Idle[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #ending = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #taken = 0;
  #allReturned: (() => void) | undefined;

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
  }

  /** A session for one mail; give it back. Rejects `unavailable` where none can be opened, `cancelled` when the signal is aborted. */
  async take(signal: AbortSignal): Promise<Session> {
    if (this.#closing.signal.aborted) throw new WeirError('cancelled', 'The mail was not sent: the mailer is closed.');
    await this.#slot(signal);
    try {
      return this.#reuse() ?? (await Session.open(this.#settings, signal));
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Takes a session back, in whatever state. */
  giveBack(session: Session): void {
    if (!session.isOpen || session.isClean || session.mails >= this.#settings.maxMessages) {
      this.#shelve(session);
      return;
    }
    session.reset(this.#closing.signal).then(
      () => this.#shelve(session),
      () => {
        session.destroy();
        this.#release();
      },
    );
  }

  /** Waits until every session was given back, then ends them all. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#taken > 0) await new Promise<void>((resolve) => (this.#allReturned = resolve));
    for (const { session, cancelEnd } of this.#idle.splice(0)) {
      cancelEnd();
      this.#end(session);
    }
    await Promise.all(this.#ending);
  }

  async #slot(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(false);
    if (this.#taken < this.#settings.maxConnections) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(abortError(false));
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      // The slot goes from hand to hand: nobody who comes now can take it before those who wait.
      this.#waiting.delete(next);
      next();
      return;
    }
    this.#taken -= 1;
    if (this.#taken === 0) this.#allReturned?.();
  }

  #reuse(): Session | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      idle.cancelEnd();
      if (idle.session.isOpen) return idle.session;
    }
    return undefined;
  }

  #shelve(session: Session): void {
    if (session.mails >= this.#settings.maxMessages) this.#end(session);
    else if (session.isOpen) this.#keepIdle(session);
    this.#release();
  }

  #keepIdle(session: Session): void {
    const cancelEnd = this.#settings.clock.after(this.#settings.idleMs, () => {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      this.#end(session);
    });
    const idle: Idle = { session, cancelEnd };
    this.#idle.push(idle);
  }

  #end(session: Session): void {
    const ending = session.quit().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
