import { randomBytes } from 'node:crypto';
import { systems } from '../../pipelines/index.ts';
import { startInbox, type Inbox } from '../../simulators/inbox.ts';
import { openDatabase, type PostgresDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { outsideBus } from '../../stack/demo/outsideBus.ts';
import { startOutside, type Outside } from '../../stack/startOutside.ts';
import { atTheEnd } from '../support/atTheEnd.ts';
import { aMigratedDatabase, aRedis } from '../support/services.ts';

/** Everything around daemons that move money: a database of their own, a Redis, an inbox, gateways, a bank and a chat. */
export interface OutsideWorld extends Outside {
  /** A pool of the test's own, past every proxy. */
  readonly database: PostgresDatabase;
  readonly inbox: Inbox;
  /** What configures a process that reaches everything directly. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts it, with the topics made; it ends with the file. */
export async function anOutsideWorld(): Promise<OutsideWorld> {
  const databaseUrl = await aMigratedDatabase();
  const database = openDatabase({ url: databaseUrl, clock: realClock, maxConnections: 4 });
  atTheEnd(() => database.close());
  const redisUrl = await aRedis();
  const bus = outsideBus({ redis: { url: redisUrl } });
  atTheEnd(() => bus.close());
  await bus.provide(systems.topics);
  const inbox = await startInbox();
  atTheEnd(() => inbox.close());
  const outside = await startOutside();
  atTheEnd(() => outside.close());
  return {
    ...{ ...outside, database, inbox },
    environment: {
      ...outside.environment,
      WEIR_DATABASE_URL: databaseUrl,
      WEIR_REDIS_URL: redisUrl,
      WEIR_SMTP_URL: inbox.smtpUrl,
      WEIR_SMTP_REQUIRE_TLS: 'false',
      WEIR_KEYS_RING: `local:${randomBytes(32).toString('base64')}`,
      WEIR_API_PORT: '0',
    },
  };
}
