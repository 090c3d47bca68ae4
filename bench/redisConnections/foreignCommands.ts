import type { Connections } from './arrangement.ts';

/** Sends a GET every few milliseconds, whether or not the last was answered, and keeps how long after its time each was answered. */
export class ForeignCommands {
  readonly timesMs: number[] = [];
  readonly #connections: Connections;
  readonly #timer: NodeJS.Timeout;
  readonly #asked: Promise<void>[] = [];

  constructor(connections: Connections, everyMs: number) {
    this.#connections = connections;
    let dueMs = performance.now();
    const ask = (): void => {
      // What was due while this process was busy is asked late, and that counts.
      for (; dueMs <= performance.now(); dueMs += everyMs) this.#asked.push(this.#ask(dueMs));
    };
    this.#timer = setInterval(ask, everyMs);
  }

  /** Asks no more; resolves when all are answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#asked);
  }

  async #ask(dueMs: number): Promise<void> {
    await this.#connections.command().get('foreign');
    this.timesMs.push(performance.now() - dueMs);
  }
}
