import { randomBytes } from 'node:crypto';
import { memberStore } from '../../../pipelines/billing/memberStore.ts';
import { periodStore } from '../../../pipelines/billing/periodStore.ts';
import { addMonths, dayOf, previousPeriod, type Period } from '../../../pipelines/shared/period.ts';
import type { QuietHours } from '../../../pipelines/shared/quietHours.ts';
import { startInbox, type Inbox } from '../../../simulators/inbox.ts';
import type { Bus } from '../../../src/connectors/bus.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { latestMonth } from '../../../stack/demo/month.ts';
import { outsideBus } from '../../../stack/demo/outsideBus.ts';
import { people } from '../../../stack/demo/people.ts';
import type { Service } from '../../../stack/service.ts';
import { systems } from '../../../pipelines/index.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { quietNow } from '../../support/quietNow.ts';
import { aMigratedDatabase, aRedis } from '../../support/services.ts';

/** A month of usage in a database of its own, beside a Redis and an inbox that outlive every process of Weir. */
export interface MonthToBill {
  /** A pool of the test's own, past every proxy. */
  readonly database: PostgresDatabase;
  readonly inbox: Inbox;
  /** The bus, for whoever looks at it from outside. */
  readonly bus: Bus;
  /** What configures a process that reaches everything directly. */
  readonly environment: Readonly<Record<string, string>>;
  /** The key of its settlement. */
  readonly billing: Period;
  /** The day from which all of its bills are due: the key of its dispatch. */
  readonly lastDay: string;
  /** The members whose usage cannot be billed, as a settlement's skips tell them. */
  readonly unbillable: readonly string[];
}

/** Where the bus of a month is: its topics are made. */
export interface BusPlace {
  readonly redisUrl?: string;
  /** Without it the bus is Redis Streams. */
  readonly kafka?: Pick<Service, 'url'> | undefined;
}

export interface MonthOptions extends BusPlace {
  readonly members: number;
  /** Every how many-th member is in quiet hours. Default: none. */
  readonly quietEvery?: number;
}

/** Loads members with five lines of usage each, one of whom has a line that cannot be billed. */
export async function aMonth({ members, quietEvery = Infinity, redisUrl, kafka }: MonthOptions): Promise<MonthToBill> {
  const databaseUrl = await aMigratedDatabase();
  const database = openDatabase({ url: databaseUrl, clock: realClock, maxConnections: 3 });
  atTheEnd(() => database.close());
  const inbox = await startInbox();
  atTheEnd(() => inbox.close());
  const ring = `local:${randomBytes(32).toString('base64')}`;

  const { billing, usage } = latestMonth(new Date().toISOString().slice(0, 10));
  const crowd = people(members, usage);
  // All months that a settlement provides: so it has no table to make, and a test may lock one.
  await periodStore(database).provideMonths([0, 1, 2, 3, 4].map((ahead) => addMonths(previousPeriod(billing), ahead)));
  const store = memberStore(database, parseKeyRing(ring));
  const never: QuietHours = { start: null, end: null, zone: 'Asia/Seoul' };
  await store.insertMembers(
    crowd.members.map((member, index) => ({ ...member, quietHours: index % quietEvery === quietEvery - 1 ? quietNow() : never })),
  );
  await store.insertUsage(crowd.usage);
  const redis = { url: redisUrl ?? (await aRedis()) };
  const bus = outsideBus(kafka === undefined ? { redis } : { redis, kafka });
  atTheEnd(() => bus.close());
  await bus.provide(systems.topics);
  return {
    database,
    inbox,
    bus,
    environment: {
      WEIR_DATABASE_URL: databaseUrl,
      WEIR_REDIS_URL: redis.url,
      ...(kafka && overKafka(kafka)),
      WEIR_SMTP_URL: inbox.smtpUrl,
      WEIR_SMTP_REQUIRE_TLS: 'false',
      WEIR_KEYS_RING: ring,
      // A process that died is noticed within two seconds.
      WEIR_JOBS_LEASE_MS: '1500',
      WEIR_JOBS_POLL_MS: '50',
    },
    billing,
    lastDay: dayOf(billing, 21),
    unbillable: crowd.usage.filter(({ amountMinor }) => amountMinor < 0n).map(({ publicInfoId }) => publicInfoId.toString()),
  };
}

/** A process that died is noticed within two seconds here too. */
function overKafka({ url }: Pick<Service, 'url'>): Readonly<Record<string, string>> {
  return {
    WEIR_BUS_KIND: 'kafka',
    WEIR_KAFKA_BROKERS: new URL(url).host,
    WEIR_KAFKA_REQUIRE_TLS: 'false',
    WEIR_KAFKA_SESSION_TIMEOUT_MS: '1500',
    WEIR_KAFKA_REBALANCE_TIMEOUT_MS: '3000',
  };
}
