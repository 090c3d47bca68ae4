import { Connection, type ConnectionOptions } from '../redis/connection.ts';
import { isLost, isReply } from '../redis/translateError.ts';
import { WeirError } from '../../errors.ts';

/** How long the probe blocks, and how much later its answer may come, in milliseconds. */
const blockMs = 10;
const graceMs = 2_000;

/** Time between two probes while reads poll, in milliseconds. */
const againMs = 30_000;

/**
 * Finds out whether this Redis answers blocking reads in time: some managed services and proxies never do, or refuse them. Where it
 * does not, readers poll.
 *
 * States: unknown → (check) blocking ⇄ polling; closed. Checked before the first read, after a blocking read was not answered, and
 * every 30 s while polling, beside reads that go on. A Redis that answers nothing at all changes nothing.
 */
export class BlockProbe {
  readonly #options: ConnectionOptions;
  readonly #told: (isPolling: boolean) => void;
  #isKnown = false;
  #isPolling = false;
  #isClosed = false;
  #checking: Promise<void> | undefined;
  #connection: Connection | undefined;
  /** When it last began to check. */
  #checkedMs = 0;

  constructor(options: ConnectionOptions, told: (isPolling: boolean) => void) {
    this.#options = options;
    this.#told = told;
  }

  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** Checks if that was never done. While polling it begins a check every 30 s, and nobody waits for that. */
  async refresh(): Promise<void> {
    if (!this.#isKnown) await this.check();
    else if (this.#isPolling && this.#options.clock.elapsedMs() - this.#checkedMs >= againMs) {
      // What keeps it from finding out is told by the reads, which meet it too.
      void this.check().catch(() => undefined);
    }
  }

  /** Checks now; together with whoever is checking already. Rejects when Redis cannot be reached. */
  async check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    await this.#checking;
  }

  /** Ends a check that is under way, and its connection. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#isClosed = true;
    this.#connection = undefined;
    await connection?.close();
  }

  async #check(): Promise<void> {
    if (this.#isClosed) return;
    this.#checkedMs = this.#options.clock.elapsedMs();
    const connection = new Connection({ ...this.#options, name: `${this.#options.name}-probe` });
    this.#connection = connection;
    try {
      await reach(connection);
      const isPolling = !(await this.#answers(connection));
      // What it heard while it was being closed says nothing.
      if (this.#connection !== connection) return;
      this.#isKnown = true;
      if (isPolling === this.#isPolling) return;
      this.#isPolling = isPolling;
      this.#told(isPolling);
    } finally {
      await connection.close();
    }
  }

  /**
   * Silence says no, and so does whoever does not know the command, or cuts the connection and is there when it is asked anew. Another
   * error is an answer: it is told by the read that meets it.
   */
  async #answers(connection: Connection): Promise<boolean> {
    try {
      await connection.use((client) => client.xread('BLOCK', blockMs, 'STREAMS', 'weir:probe', '$'), blockMs + graceMs);
      return true;
    } catch (error) {
      if (isLost(error)) await reach(connection);
      return !(error instanceof WeirError && error.code === 'timedOut') && !isReply(error, 'ERR') && !isLost(error);
    }
  }
}

async function reach(connection: Connection): Promise<void> {
  await connection.use((client) => client.ping());
}
