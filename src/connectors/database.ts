/** One statement. A name spares the server the reading of its text; it must belong to one text. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

/** Runs statements. Errors are `WeirError`s: conflict, constraint, unavailable, outcomeUnknown, timedOut. */
export interface Queryable {
  /** The rows, each an object by column name. `bigint` columns arrive as `bigint`, `date` and `timestamp` as text, `timestamptz` as Date. */
  query<R extends object = Record<string, unknown>>(statement: Statement | string): Promise<readonly R[]>;
  /** The number of rows a statement touched. */
  execute(statement: Statement | string): Promise<number>;
}

/** Takes a page of a stream; rejects where it wants no more. */
export type TakeRows<R> = (rows: readonly R[]) => Promise<void>;

/** An open transaction. Statements run one after another; a failed one fails the transaction. */
export interface Transaction extends Queryable {
  /** `COPY … FROM STDIN` in text format: `rows` are complete lines without their newline. Returns the rows written. */
  copyIn(text: string, lines: readonly string[]): Promise<number>;
  /**
   * Hands the rows of a SELECT to `take`, page by page in their order, in constant memory: the server keeps a cursor, and the next page
   * is asked for when `take` has resolved. The transaction must be one snapshot (`isolation`), in which `count` rows were counted:
   * where the stream ends with another number its end is not believed (`unavailable`). Each page has the time limit of an answer;
   * the whole has that of the transaction, whose `timeLimitMs` is therefore needed, and the time that `take` takes counts.
   * When `take` rejects, that is the error; the connection is cut then, since the server still holds rows for it.
   */
  stream<R extends object = Record<string, unknown>>(statement: Statement | string, count: bigint, take: TakeRows<R>): Promise<void>;
}

export interface TransactionOptions {
  /** Ends the transaction on the server when it takes longer; shorter than the lease that it works under. */
  readonly timeLimitMs?: number;
  /** Ends a statement of it on the server that takes longer, where that is less: the transaction fails then. */
  readonly statementLimitMs?: number;
  /** All statements see the rows as they were at the first. What another transaction changes meanwhile is a `conflict` to write. */
  readonly isolation?: 'repeatableRead';
}

/** A message that woke a listener; polling is the truth, this only saves the wait. */
export type Wake = (payload: string) => void;

/** One database, with a bounded pool of connections. */
export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction and commits it. The only place that says BEGIN and COMMIT, and it checks that COMMIT
   * committed. A conflict (deadlock, serialisation failure) runs the whole of `work` again, a few times, with jitter; so `work`
   * has no effect outside the transaction. Connection lost in COMMIT: `outcomeUnknown`.
   */
  withTransaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Listens on a channel with a connection of its own, taken again when it is lost. Returns a function that ends it. */
  listen(channel: string, wake: Wake): () => void;
  close(): Promise<void>;
}
