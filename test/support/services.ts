import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { inject } from 'vitest';
import { startKafka, type KafkaOptions } from '../../stack/kafka.ts';
import { startPostgres, type PostgresOptions } from '../../stack/postgres.ts';
import { startRedis, type RedisOptions } from '../../stack/redis.ts';
import type { Service } from '../../stack/service.ts';
import { atTheEnd } from './atTheEnd.ts';
import { migratedTemplate } from './migratedTemplate.ts';
import './serviceAddresses.ts';

/** Makes an empty database for this test file and returns its URL. Dropped at the end of the file, with its connections. */
export async function aDatabase(): Promise<string> {
  return databaseFrom(() => Promise.resolve('template0'));
}

/** The same with all migrations applied: a clone of a database that is migrated once for the whole suite. */
export async function aMigratedDatabase(): Promise<string> {
  return databaseFrom((client) => migratedTemplate(client, inject('postgresUrl')));
}

/**
 * Copies a database as it is at this moment, which is what a restore to this moment gives, and returns the URL of the copy. Cuts the
 * connections to the original; dropped at the end of the file.
 */
export async function aCopyOf(url: string): Promise<string> {
  const original = new URL(url).pathname.slice(1);
  return databaseFrom(async (client) => {
    await client.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [original]);
    return original;
  });
}

/** An own PostgreSQL for tests that end, freeze or restart it. Closed at the end of the file. */
export async function aPrivatePostgres(options?: PostgresOptions): Promise<Service> {
  return closedAtTheEnd(await startPostgres(options));
}

/** Takes an empty logical database of the suite's Redis for this test file and returns its URL. Emptied at the end of the file. */
export async function aRedis(): Promise<string> {
  const url = inject('redisUrl');
  const database = await onRedis(url, (client) => client.incr('databasesTaken'));
  const ours = `${url}/${database}`;
  atTheEnd(() => onRedis(ours, (client) => client.flushdb()));
  return ours;
}

/** An own Redis for tests that end, freeze or restart it. Closed at the end of the file. */
export async function aPrivateRedis(options?: RedisOptions): Promise<Service> {
  return closedAtTheEnd(await startRedis(options));
}

/** The suite's Kafka as `host:port`, or undefined where Kafka cannot be had. Its topics are shared: each test takes names of its own. */
export function sharedKafka(): string | undefined {
  return inject('kafkaBrokers');
}

/** An own Kafka for tests that end, freeze or restart it. Closed at the end of the file. */
export async function aPrivateKafka(options?: KafkaOptions): Promise<Service> {
  return closedAtTheEnd(await startKafka(options));
}

async function databaseFrom(template: (client: Client) => Promise<string>): Promise<string> {
  const server = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onPostgres(server, async (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${await template(client)}`));
  atTheEnd(() => onPostgres(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)));
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}

function closedAtTheEnd(service: Service): Service {
  atTheEnd(() => service.close());
  return service;
}

async function onPostgres<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function onRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, commandTimeout: 5_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
