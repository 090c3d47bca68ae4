import type { ClientConfig } from 'pg';
import type { DatabaseSettings } from './databaseOptions.ts';
import { typeParsers } from './typeParsers.ts';

/**
 * What every connection starts with. The zone, the way dates are written and the search path are fixed, so that a statement
 * means the same whatever the server's or the role's defaults are. No plan is kept for values that are not known yet: with such a
 * plan PostgreSQL 18 leaves out rows of partitions that were written anew while the statement waited for them (docs/adr/0012).
 */
export function clientConfig(settings: DatabaseSettings): ClientConfig {
  return {
    connectionString: settings.url,
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectLimitMs,
    statement_timeout: settings.statementLimitMs,
    lock_timeout: settings.lockLimitMs,
    idle_in_transaction_session_timeout: settings.idleInTransactionLimitMs,
    options: '-c TimeZone=UTC -c DateStyle=ISO -c search_path=public -c plan_cache_mode=force_custom_plan',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  };
}
