import { PG_MIGRATE_LOCK_ID, runner } from 'node-pg-migrate';
import type pg from 'pg';
import { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';
import { pause } from '../../message/pause.ts';
import type { Queryable, Statement } from '../database.ts';
import type { CallOptions, Connection } from './connection.ts';
import { type DatabaseSettings, databaseSettings } from './databaseOptions.ts';
import { migrationFile } from './migrationNames.ts';
import { openOwnConnection } from './ownConnection.ts';
import { schemaState } from './schemaState.ts';
import { toQuery } from './statement.ts';
import { translateError } from './translateError.ts';

const retryMs = 250;
const asking: CallOptions = { phase: 'read', limitMs: 15_000 };

/** What is migrated, and how patiently. */
export interface MigrateOptions {
  /** The database, as a user that may change the schema. */
  readonly url: string;
  /** Where the url was given, for sentences about a connection that was not had. */
  readonly origin?: string;
  readonly clock: Clock;
  /** The folder of the numbered files. */
  readonly directory: string;
  /**
   * How long to wait, in milliseconds, for another migrator or for a lock on a table. Default 60,000. Too short: two daemons that
   * start together fail; too long: a start that hangs is noticed late.
   */
  readonly waitLimitMs?: number;
  /** Longest wait for one lock on a table, in milliseconds, before it gives way and tries again. Default 3,000. */
  readonly lockLimitMs?: number;
  /** Told each name as soon as its migration is committed. */
  readonly onApplied?: (name: string) => void;
}

/**
 * Applies the migrations that are missing, each in its own transaction, in the order of their numbers; returns their names.
 * Forward only and repeatable. One that comes later with a lower number is applied too: each domain has a range of numbers.
 *
 * A lock on a table is waited for briefly and then tried again, so that a migration does not stop the traffic that queues up
 * behind it. While another migrator works, this one asks again and again instead of waiting for its lock: a session that waits
 * holds a snapshot, for which `CREATE INDEX CONCURRENTLY` of the other one would wait in turn, for ever.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { clock } = options;
  const deadlineMs = clock.elapsedMs() + (options.waitLimitMs ?? 60_000);
  const applied: string[] = [];
  for (;;) {
    try {
      await migrateOnce(options, deadlineMs, applied);
      return applied;
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== 'conflict' || clock.elapsedMs() > deadlineMs) throw error;
    }
    await pause(clock, retryMs);
  }
}

async function migrateOnce(options: MigrateOptions, deadlineMs: number, applied: string[]): Promise<void> {
  const { client, connection, end } = await openOwnConnection(settingsOf(options), unlimited(options));
  try {
    await takeLock(connection, options.clock, deadlineMs);
    const { kind, names } = await schemaState(queryable(connection), options.directory);
    if (kind === 'incompatible') {
      throw new WeirError('schemaMismatch', `A newer program migrated this database and requires ${names.join(', ')}.`);
    }
    for (const name of kind === 'behind' ? names : []) {
      await apply(name, client, connection, options.directory);
      applied.push(name);
      options.onApplied?.(name);
    }
  } finally {
    await end();
  }
}

function settingsOf({ url, clock, origin }: MigrateOptions): DatabaseSettings {
  return databaseSettings({ url, clock, applicationName: 'weir migrate', ...(origin === undefined ? {} : { origin }) });
}

/** No limit for a statement, since building an index takes its time; a short one for locks. */
function unlimited({ lockLimitMs }: MigrateOptions): pg.ClientConfig {
  return { statement_timeout: 0, idle_in_transaction_session_timeout: 0, lock_timeout: lockLimitMs ?? 3000 };
}

/** The lock of the migration library, so that its own command line respects it too; held until the connection ends. */
async function takeLock(connection: Connection, clock: Clock, deadlineMs: number): Promise<void> {
  const text = `SELECT pg_try_advisory_lock(${PG_MIGRATE_LOCK_ID}) AS is_ours`;
  for (;;) {
    const { rows } = await connection.run({ text }, asking);
    if (rows[0]?.['is_ours'] === true) return;
    if (clock.elapsedMs() > deadlineMs) throw new WeirError('conflict', 'Another migration is running and did not end in time.');
    await pause(clock, retryMs);
  }
}

function queryable(connection: Connection): Queryable {
  const run = (statement: Statement | string): ReturnType<Connection['run']> => connection.run(toQuery(statement), asking);
  return {
    query: async <R extends object>(statement: Statement | string) => (await run(statement)).rows as readonly R[],
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
  };
}

async function apply(name: string, client: pg.Client, connection: Connection, directory: string): Promise<void> {
  try {
    await runner({
      dbClient: client,
      dir: directory,
      ignorePattern: `(?!${migrationFile.source.slice(1)}).*`,
      file: name,
      direction: 'up',
      checkOrder: false,
      singleTransaction: false,
      noLock: true,
      migrationsTable: 'migrations',
      migrationsSchema: 'weir',
      createMigrationsSchema: true,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    });
  } catch (error) {
    const { lost } = connection;
    const failure = translateError(error, { phase: 'write', lostBy: lost.aborted ? lost.reason : undefined });
    if (!(failure instanceof WeirError)) throw failure;
    throw new WeirError(failure.code, `Migration ${name} failed: ${failure.message}`, { cause: failure.cause, kind: failure.kind });
  }
}

const quiet = (): undefined => undefined;
