import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import QueryStream from 'pg-query-stream';
import type { Clock } from '../../message/clock.ts';
import { copyPieces } from './copyPieces.ts';
import { nextPage } from './nextPage.ts';
import type { Query } from './statement.ts';
import { type Phase, sqlFailureOf, translateError } from './translateError.ts';
import { WeirError } from '../../errors.ts';

/** The client cannot cope with the answers to any other statement: they would end the process. */
const copyFromClient = /^\s*copy\b[^;]+\bfrom\s+stdin\b[^;]*$/i;

/** Rows that one fetch of a cursor asks for: some hundred kilobytes, and a round trip is nothing beside the work on them. */
const pageSize = 1_000;

/** What a call is part of, and how long the server may take to answer it, in milliseconds. */
export interface CallOptions {
  readonly phase: Phase;
  readonly limitMs: number;
}

/**
 * One connection. Adds to the client: a limit on every answer (a server that accepts and never answers is cut off), errors as
 * `WeirError`, and the knowledge whether the connection may be used again. One call at a time.
 */
export class Connection {
  readonly #client: pg.Client;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #isDoubtful = false;
  /** Resolved when the server is ready for the next statement. */
  #ready = Promise.withResolvers<undefined>();

  /** Wraps a client for its whole life: without this listener the loss of a connection would end the process. */
  constructor(client: pg.Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    client.on('error', (error) => this.#lost.abort(error));
    client.on('drain', () => this.#ready.resolve(undefined));
    this.#lost.signal.addEventListener('abort', () => this.#ready.resolve(undefined));
    client.on('end', () => this.#lost.abort(new WeirError('unavailable', 'The connection to PostgreSQL was closed.')));
  }

  /** Aborted when the connection is gone. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether an error left its state in doubt, or it is gone. */
  get isDoubtful(): boolean {
    return this.#isDoubtful || this.#lost.signal.aborted;
  }

  /** Whether the next user may have it: no doubt, and no transaction open. */
  get isSound(): boolean {
    return !this.isDoubtful && this.#client.getTransactionStatus() === 'I';
  }

  /** Whether a transaction is open that was begun behind our back. */
  get isInTransaction(): boolean {
    return this.#client.getTransactionStatus() === 'T';
  }

  /** Runs a statement. Of several in one text the last one's result is returned. */
  async run(query: Query, options: CallOptions): Promise<pg.QueryResult<Record<string, unknown>>> {
    return await this.#call(options, async () => {
      const result: pg.QueryResult | pg.QueryResult[] = await this.#client.query<Record<string, unknown>>(query);
      return Array.isArray(result) ? (result.at(-1) as pg.QueryResult) : result;
    });
  }

  /** Runs `COPY … FROM STDIN`; returns the rows written. After an error the connection is not used again. */
  async copy(text: string, lines: readonly string[], options: CallOptions): Promise<number> {
    if (!copyFromClient.test(text)) throw new WeirError('defect', 'Only COPY … FROM STDIN takes lines.');
    return await this.#call(options, async () => {
      const stream = this.#client.query(copyFrom(text));
      try {
        await pipeline(Readable.from(copyPieces(lines), { objectMode: false }), stream);
      } catch (error) {
        this.#isDoubtful = true;
        throw error;
      }
      return stream.rowCount;
    });
  }

  /** Hands the rows of a SELECT over page by page; answers how many there were. After an error the connection is not used again. */
  async stream(query: Query, take: (rows: readonly unknown[]) => Promise<void>, options: CallOptions): Promise<bigint> {
    const rows = this.#client.query(new QueryStream(query.text, query.values, { batchSize: pageSize }));
    // An error may come while nobody waits for a page.
    rows.on('error', () => (this.#isDoubtful = true));
    try {
      for (let count = 0n; ;) {
        const page = await this.#call(options, () => nextPage(rows, this.#lost.signal));
        if (page.length === 0) return count;
        count += BigInt(page.length);
        await take(page);
      }
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Cuts the connection at once; the server rolls back what was open. */
  destroy(): void {
    this.#isDoubtful = true;
    this.#client.connection.stream.destroy();
  }

  async #call<T>(options: CallOptions, work: () => Promise<T>): Promise<T> {
    // What is lost before the call is sent cannot have been carried out by it.
    const phase = this.#lost.signal.aborted ? 'connect' : options.phase;
    if (phase !== 'connect') this.#ready = Promise.withResolvers<undefined>();
    let limitMs: number | undefined;
    const cancel = this.#clock.after(options.limitMs, () => {
      limitMs = options.limitMs;
      this.destroy();
    });
    try {
      return await work();
    } catch (error) {
      // The error comes before the server is ready, and only then is it known whether a transaction is open.
      await this.#ready.promise;
      const lostBy: unknown = this.#lost.signal.aborted ? this.#lost.signal.reason : undefined;
      const translated = translateError(error, { phase, limitMs, lostBy });
      // Only an ordinary answer of the server leaves the connection as it was.
      this.#isDoubtful ||= sqlFailureOf(translated)?.leavesDoubt ?? true;
      throw translated;
    } finally {
      cancel();
    }
  }
}
