import type { ClientConfig } from 'pg';
import type { DatabaseSettings } from './databaseOptions.ts';
import { typeParsers } from './typeParsers.ts';

/**
 * What every connection starts with. The zone, the way dates are written and the search path are fixed, so that a statement
 * means the same whatever the server's or the role's defaults are.
 */
export function clientConfig(settings: DatabaseSettings): ClientConfig {
  return {
    connectionString: settings.url,
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectLimitMs,
    statement_timeout: settings.statementLimitMs,
    lock_timeout: settings.lockLimitMs,
    idle_in_transaction_session_timeout: settings.idleInTransactionLimitMs,
    options: '-c TimeZone=UTC -c DateStyle=ISO -c search_path=public',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  };
}
