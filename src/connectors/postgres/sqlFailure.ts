import type pg from 'pg';

/**
 * What the server said, without its texts: those carry row values. The cause of a translated error.
 */
export class SqlFailure extends Error {
  readonly sqlState: string;
  /** Ended the connection as well. */
  readonly isFatal: boolean;
  /** The schema changed since this connection prepared the statement: another connection prepares it anew. */
  readonly isStale: boolean;

  constructor(error: pg.DatabaseError) {
    super(`SQLSTATE ${error.code ?? 'unknown'}`);
    this.name = 'SqlFailure';
    this.sqlState = error.code ?? 'XX000';
    this.isFatal = error.severity === 'FATAL' || error.severity === 'PANIC';
    // The server has one code for all that it cannot do; only the place in its source tells this case.
    this.isStale = this.sqlState === '0A000' && error.routine === 'RevalidateCachedQuery';
  }

  /** Whether a whole transaction that was rolled back for it may run again at once: a deadlock, a serialisation failure, a stale plan. */
  get isRerunnable(): boolean {
    return this.isStale || this.sqlState === '40001' || this.sqlState === '40P01';
  }

  /** Whether the connection is to be left: it ended, it holds a stale statement, or its server only reads (any more). */
  get leavesDoubt(): boolean {
    return this.isFatal || this.isStale || this.sqlState === '25006';
  }
}
