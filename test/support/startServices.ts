import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../stack/postgres.ts';
import { startRedis } from '../../stack/redis.ts';
import { kafkaHere } from './kafkaHere.ts';
import './serviceAddresses.ts';

/** Starts PostgreSQL, Redis and, where it can be had, Kafka once for all integration tests; not run where none of them was selected. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Tests that end a server start one of their own, which keeps what was committed.
  const [postgres, redis, kafka] = await Promise.all([startPostgres({ isDurable: false }), startRedis({ isDurable: false }), kafkaHere()]);
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  project.provide('kafkaBrokers', kafka && new URL(kafka.url).host);
  return async () => {
    await Promise.all([postgres.close(), redis.close(), kafka?.close()]);
  };
}
