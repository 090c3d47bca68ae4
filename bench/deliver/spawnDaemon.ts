import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { nodeOptions } from '../../bin/nodeOptions.js';
import type { Addresses } from './deliverBills.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface DaemonLook {
  /** Its log, from this level on, is shown, or read by the caller. */
  readonly level: 'warn' | 'info';
  readonly isLogRead: boolean;
  /** Further variables. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Starts a daemon, a process of its own as an operator starts it. */
export function spawnDaemon(
  { databaseUrl, redisUrl, kafkaBroker, smtpUrl, ring }: Addresses,
  { level, isLogRead, variables = {} }: DaemonLook = { level: 'warn', isLogRead: false },
): ChildProcess {
  const environment = {
    WEIR_DATABASE_URL: databaseUrl,
    WEIR_REDIS_URL: redisUrl,
    ...(kafkaBroker === undefined ? {} : { WEIR_BUS_KIND: 'kafka', WEIR_KAFKA_BROKERS: kafkaBroker, WEIR_KAFKA_REQUIRE_TLS: 'false' }),
    WEIR_SMTP_URL: smtpUrl,
    WEIR_SMTP_REQUIRE_TLS: 'false',
    WEIR_KEYS_RING: ring,
    WEIR_ADMIN_PORT: '0',
    WEIR_LOG_LEVEL: level,
  };
  return spawn(process.execPath, [...nodeOptions, main, 'run'], {
    env: { ...process.env, ...environment, ...variables },
    stdio: ['ignore', 'inherit', isLogRead ? 'pipe' : 'inherit'],
  });
}
