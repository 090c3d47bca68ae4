import type { ClientConfig } from 'pg';
import type { DatabaseSettings } from './databaseOptions.ts';
import { typeParsers } from './typeParsers.ts';

/**
 * What every connection starts with. The zone, the way dates are written and the search path are fixed, so that a statement
 * means the same whatever the server's or the role's defaults are. No plan is kept for values that are not known yet: with such a
 * plan PostgreSQL 18 leaves out rows of partitions that were written anew while the statement waited for them (docs/adr/0012).
 */
const ours = '-c TimeZone=UTC -c DateStyle=ISO -c search_path=public -c plan_cache_mode=force_custom_plan';

/** Parameters of a URL that say where the server is, who comes and how the line is secured: all that pg is given of them. */
const places = new Set([
  ...['host', 'port', 'user', 'password', 'db'],
  ...['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'],
]);

/**
 * How a connection is opened. `options` of the URL hold as far as they do not contradict ours: the server takes the last of two.
 * Other parameters of the URL, which would replace limits and parsers of ours, are left out.
 */
export function clientConfig(settings: DatabaseSettings): ClientConfig {
  const { url, options } = divide(settings.url);
  return {
    connectionString: url,
    application_name: settings.applicationName,
    connectionTimeoutMillis: settings.connectLimitMs,
    statement_timeout: settings.statementLimitMs,
    lock_timeout: settings.lockLimitMs,
    idle_in_transaction_session_timeout: settings.idleInTransactionLimitMs,
    options: [...options, ours].join(' '),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  };
}

/** Takes a URL's parameters apart, and leaves every letter of what stays as it is: pg has rules of its own for reading it. */
function divide(url: string): { readonly url: string; readonly options: readonly string[] } {
  const [place = '', ...rest] = (url.split('#')[0] ?? '').split('?');
  const pairs = rest.join('?').split('&');
  const nameOf = (pair: string): string => [...new URLSearchParams(pair).keys()].join('');
  const kept = pairs.filter((pair) => places.has(nameOf(pair)));
  return {
    url: kept.length === 0 ? place : `${place}?${kept.join('&')}`,
    options: pairs.flatMap((pair) => new URLSearchParams(pair).getAll('options')),
  };
}
