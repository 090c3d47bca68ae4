import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** A server's port that can be closed for a while and opened again. */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  #port = 0;
  #reopening: NodeJS.Timeout | undefined;

  constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** Listens and answers the port; 0 takes a free one. */
  async open(port: number): Promise<number> {
    this.#server.listen(port, this.#host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this.#port;
  }

  /** Refuses new connections, as a server that is down; by itself no longer than `forMs`. Open ones go on. */
  refuse(forMs?: number): void {
    // Not awaited: a server has only ended when its last connection has, and those go on.
    if (this.#server.listening) this.#server.close();
    clearTimeout(this.#reopening);
    if (forMs !== undefined) this.#reopening = setTimeout(() => void this.accept(), forMs);
  }

  /** Listens again, on the same port. */
  async accept(): Promise<void> {
    clearTimeout(this.#reopening);
    if (!this.#server.listening) await this.open(this.#port);
  }

  /** Listens no more. */
  async close(): Promise<void> {
    clearTimeout(this.#reopening);
    const ended = this.#server.listening ? once(this.#server, 'close') : Promise.resolve();
    this.#server.close();
    await ended;
  }
}
