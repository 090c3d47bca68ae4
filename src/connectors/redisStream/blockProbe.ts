import { Connection, type ConnectionOptions } from '../redis/connection.ts';
import { WeirError } from '../../errors.ts';

/** How long the probe blocks, and how much later its answer may come, in milliseconds. */
const blockMs = 10;
const graceMs = 2_000;

/** Time between two probes while reads poll, in milliseconds. */
const againMs = 30_000;

/**
 * Finds out whether this Redis answers blocking reads in time: some managed services and proxies never do. Where it does not,
 * readers poll.
 *
 * States: unknown → (check) blocking ⇄ polling. Checked before the first read, after a blocking read was not answered, and
 * every 30 s while polling. A Redis that answers nothing at all changes nothing.
 */
export class BlockProbe {
  readonly #options: ConnectionOptions;
  readonly #told: (isPolling: boolean) => void;
  #isPolling = false;
  #checking: Promise<void> | undefined;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionOptions, told: (isPolling: boolean) => void) {
    this.#options = options;
    this.#told = told;
  }

  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** Checks if that was never done, or while polling for the first time in 30 s. */
  async refresh(): Promise<void> {
    const sinceMs = this.#options.clock.elapsedMs() - this.#checkedMs;
    if (this.#checking || sinceMs === Number.POSITIVE_INFINITY || (this.#isPolling && sinceMs >= againMs)) await this.check();
  }

  /** Checks now; together with whoever is checking already. Rejects when Redis cannot be reached. */
  async check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    await this.#checking;
  }

  async #check(): Promise<void> {
    const connection = new Connection({ ...this.#options, name: `${this.#options.name}-probe` });
    try {
      await connection.use((client) => client.ping());
      const isPolling = !(await this.#answers(connection));
      this.#checkedMs = this.#options.clock.elapsedMs();
      if (isPolling === this.#isPolling) return;
      this.#isPolling = isPolling;
      this.#told(isPolling);
    } finally {
      await connection.close();
    }
  }

  /** An error is an answer too: it is told by the read that meets it. */
  async #answers(connection: Connection): Promise<boolean> {
    try {
      await connection.use((client) => client.xread('BLOCK', blockMs, 'STREAMS', 'weir:probe', '$'), blockMs + graceMs);
      return true;
    } catch (error) {
      if (!(error instanceof WeirError) || error.kind === 'permanent') return true;
      return error.code !== 'timedOut';
    }
  }
}
