import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startInbox, type Inbox } from '../simulators/inbox.ts';
import { startSms, type Sms } from '../simulators/sms.ts';
import { freePort } from './freePort.ts';
import { startKafka, type KafkaOptions } from './kafka.ts';
import { startPostgres, type PostgresOptions } from './postgres.ts';
import { startRedis, type RedisOptions } from './redis.ts';
import type { Service } from './service.ts';
import { startOutside, type Outside } from './startOutside.ts';

export interface StackOptions {
  readonly postgres?: PostgresOptions;
  readonly redis?: RedisOptions;
  /** Default: no Kafka. */
  readonly kafka?: KafkaOptions;
  /** The clock that stamps what the simulators receive. Default: the machine's. */
  readonly now?: () => Date;
}

/** What a daemon needs around it, running on this machine. */
export interface Stack {
  readonly postgres: Service;
  readonly redis: Service;
  readonly kafka?: Service;
  readonly inbox: Inbox;
  readonly sms: Sms;
  readonly outside: Outside;
  /** The addresses and a new key ring, as the variables that configure a daemon. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends everything, in the reverse order of the start. */
  close(): Promise<void>;
}

/**
 * Starts PostgreSQL (with an empty database `weir`), Redis, the mail inbox, the SMS endpoint, payment gateways, a bank and a
 * chat, and Kafka as the bus where it is asked for. What has started is ended when another fails.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const postgres = started.adopt(await startPostgres(options.postgres), (service) => service.close());
  const databaseUrl = await weirDatabase(postgres.url);
  const redis = started.adopt(await startRedis(options.redis), (service) => service.close());
  const kafka = options.kafka && started.adopt(await startKafka(options.kafka), (service) => service.close());
  const ports = { smtpPort: await freePort(), httpPort: await freePort() };
  const clock = options.now === undefined ? {} : { now: options.now };
  const inbox = started.adopt(await startInbox({ ...ports, ...clock }), (server) => server.close());
  const token = randomBytes(24).toString('base64url');
  const sms = started.adopt(await startSms({ port: await freePort(), token, ...clock }), (server) => server.close());
  const outside = started.adopt(await startOutside(clock), (servers) => servers.close());
  const all = started.move();
  return {
    postgres,
    redis,
    ...(kafka && { kafka }),
    inbox,
    sms,
    outside,
    environment: {
      WEIR_DATABASE_URL: databaseUrl,
      WEIR_REDIS_URL: redis.url,
      ...(kafka && { WEIR_BUS_KIND: 'kafka', WEIR_KAFKA_BROKERS: new URL(kafka.url).host, WEIR_KAFKA_REQUIRE_TLS: 'false' }),
      WEIR_SMTP_URL: inbox.smtpUrl,
      WEIR_SMTP_REQUIRE_TLS: 'false',
      WEIR_SMS_URL: sms.url,
      WEIR_SMS_TOKEN: token,
      ...outside.environment,
      WEIR_KEYS_RING: `local:${randomBytes(32).toString('base64')}`,
    },
    close: () => all.disposeAsync(),
  };
}

/** The URL of the database `weir` of a server; made where it is missing. */
async function weirDatabase(serverUrl: string): Promise<string> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'weir'`);
    if (rowCount === 0) await client.query('CREATE DATABASE weir');
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = 'weir';
  return url.href;
}
