import { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';

/** How a database is reached and how long anything may take. All limits are in milliseconds of elapsed time. */
export interface DatabaseOptions {
  /**
   * `postgres://user:password@host:port/database`, with `?sslmode=` where needed. Its `options` hold where they do not contradict
   * Weir's; no parameter replaces the limits below.
   */
  readonly url: string;
  /** Where the url was given, for sentences about a connection that was not had. Default `its url`. */
  readonly origin?: string;
  readonly clock: Clock;
  /** The name in `pg_stat_activity`. Default `weir`. */
  readonly applicationName?: string;
  /** Connections in the pool. Default 8. Too few: work waits for a connection; too many: the server refuses other processes. */
  readonly maxConnections?: number;
  /**
   * Longest wait for a connection, free or new. Default 2,000. Too short: a busy pool looks like an outage; too long: callers
   * pile up behind a server that does not answer.
   */
  readonly connectLimitMs?: number;
  /**
   * The server ends a statement that takes longer, and nothing of it is written. Default 10,000. Too short: honest work fails;
   * too long: a bad plan holds its locks.
   */
  readonly statementLimitMs?: number;
  /**
   * Cuts the connection when the server has not answered for so long. Default 15,000; must be above `statementLimitMs`, since
   * after this limit nobody knows what became of a write.
   */
  readonly answerLimitMs?: number;
  /** Longest wait for one lock; ends as `conflict`. Default 3,000. */
  readonly lockLimitMs?: number;
  /** The server ends a transaction that waits so long for its next statement. Default 15,000. */
  readonly idleInTransactionLimitMs?: number;
  /** How often a transaction runs again after a deadlock or a serialisation failure. Default 5. */
  readonly maxConflictRetries?: number;
  /** How often a listener asks its connection for a sign of life. Default 10,000. */
  readonly listenerCheckMs?: number;
  /** How long `close` waits for work in flight before it cuts the connections. Default 10,000. */
  readonly closeLimitMs?: number;
  /** Told when a connection that nobody was using, or a listener's, is lost. For logs and metrics; must not throw. */
  readonly onConnectionLost?: (error: WeirError) => void;
}

/** The options with every default in its place. */
export type DatabaseSettings = Required<DatabaseOptions>;

/** Fills in the defaults; `invalidOption` where the limits contradict each other. */
export function databaseSettings(options: DatabaseOptions): DatabaseSettings {
  const settings = {
    origin: 'its url',
    applicationName: 'weir',
    maxConnections: 8,
    connectLimitMs: 2000,
    statementLimitMs: 10_000,
    answerLimitMs: 15_000,
    lockLimitMs: 3000,
    idleInTransactionLimitMs: 15_000,
    maxConflictRetries: 5,
    listenerCheckMs: 10_000,
    closeLimitMs: 10_000,
    onConnectionLost: () => undefined,
    ...options,
  };
  if (settings.answerLimitMs <= settings.statementLimitMs) {
    throw new WeirError(
      'invalidOption',
      `answerLimitMs (${settings.answerLimitMs}) must be above statementLimitMs (${settings.statementLimitMs}): ` +
        'the server has to give up before we do.',
    );
  }
  return settings;
}
