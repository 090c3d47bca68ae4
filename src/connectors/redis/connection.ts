import { Redis } from 'ioredis';
import { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';
import { connectFailure } from './connectFailure.ts';
import { isReply, translateError } from './translateError.ts';
import { within } from '../../message/waiting.ts';

/** What a connection is made from. */
export interface ConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Where the url was given, for sentences about a connection that was not had. */
  readonly origin: string;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  readonly timeLimitMs: number;
}

/**
 * One connection to Redis that is never mended, only replaced.
 *
 * States: none → (use) opening → ready → none again when it is lost, when a command outlives its time limit, when the server
 * turns out to be a replica, or by `drop`; → closed. A client that reconnects by itself sends unanswered commands again (a
 * second XADD; an XREADGROUP whose first answer is lost), and one whose peer is silent stays "ready" for ever: so this one
 * never reconnects, queues nothing while it is away, and rejects what was under way. Whoever asked decides what to repeat.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #opening: Promise<Redis> | undefined;
  #client: Redis | undefined;
  #isClosed = false;
  /** Clients whose sockets are not closed yet; each is a promise of that. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Runs commands on the present client, or on a new one. Rejects with a `WeirError`; a time limit that fired is transient. */
  async use<T>(work: (client: Redis) => Promise<T>, timeLimitMs = this.#options.timeLimitMs): Promise<T> {
    const client = await this.#ready();
    try {
      return await within(this.#options.clock, timeLimitMs, work(client), () => silence(timeLimitMs));
    } catch (error) {
      if ((error instanceof WeirError && error.code === 'timedOut') || isReply(error, 'READONLY')) this.#forget(client);
      throw translateError(error);
    }
  }

  /** Gives the present client up; what is under way is rejected. */
  drop(): void {
    if (this.#client) this.#forget(this.#client);
  }

  /** Ends the connection for good; resolves when its socket is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.drop();
    await Promise.all(this.#ending);
  }

  #ready(): Promise<Redis> {
    if (this.#isClosed) return Promise.reject(new WeirError('unavailable', 'the connection to Redis was closed'));
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<Redis> {
    const { url, clock, name, timeLimitMs, origin } = this.#options;
    const client = new Redis(url, {
      lazyConnect: true,
      protocol: 2,
      connectionName: name,
      disableClientInfo: true,
      connectTimeout: timeLimitMs,
      keepAlive: 10_000,
      retryStrategy: null,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      disconnectTimeout: 100,
    });
    this.#client = client;
    // The event says why connecting failed, the promise only that it did. Later every command tells its own error.
    let reason: unknown;
    client.on('error', (error) => (reason ??= error));
    const ended = new Promise<void>((resolve) => {
      client.once('end', () => {
        this.#ending.delete(ended);
        this.#forget(client);
        resolve();
      });
    });
    this.#ending.add(ended);
    try {
      await within(clock, timeLimitMs, client.connect(), () => silence(timeLimitMs));
      return client;
    } catch (error) {
      this.#forget(client);
      throw connectFailure(reason ?? error, client.options, origin);
    }
  }

  #forget(client: Redis): void {
    if (this.#client === client) {
      this.#client = undefined;
      this.#opening = undefined;
    }
    client.disconnect();
  }
}

function silence(timeLimitMs: number): WeirError {
  return new WeirError('timedOut', `Redis did not answer within ${timeLimitMs} ms`, { kind: 'transient' });
}
