import type { Client } from 'pg';
import { migrate } from '../../src/connectors/postgres/migrate.ts';
import { realClock } from '../../src/runtime/clock.ts';

const name = 'migrated';
const lock = 20_260;

/**
 * The name of a database with all migrations applied, to be cloned by CREATE DATABASE. The first caller of the suite makes it,
 * the others wait for it.
 */
export async function migratedTemplate(client: Client, serverUrl: string): Promise<string> {
  await client.query('SELECT pg_advisory_lock($1)', [lock]);
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1 AND datistemplate', [name]);
    if (rowCount === 0) await make(client, serverUrl);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lock]);
  }
  return name;
}

async function make(client: Client, serverUrl: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  await migrate({ url: url.href, clock: realClock, directory: new URL('../../migrations', import.meta.url).pathname });
  // Marked at the end only, so that a migration that failed is not taken for a template.
  await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
}
