import { expect } from 'vitest';
import { memberStore, type NewMember, type NewUsage } from '../../../pipelines/billing/memberStore.ts';
import { periodStore } from '../../../pipelines/billing/periodStore.ts';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { startInbox, type Inbox } from '../../../simulators/inbox.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { latestMonth, type DemoMonth } from '../../../stack/demo/month.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase, aRedis } from '../../support/services.ts';
import { say } from '../../commandLine/aPlace.ts';
import { aNewMember, aUsage } from '../billing/aBilling.ts';
import './eventually.ts';

/** Services for daemons, and a month whose bills wait to be made. */
export interface AMonth {
  /** The variables that lead a process of Weir here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly database: PostgresDatabase;
  readonly redisUrl: string;
  readonly inbox: Inbox;
  /** Its bills are due: both days of dispatch have come. */
  readonly month: DemoMonth;
  /** Loads members with two lines of usage each. */
  load(members: readonly Partial<NewMember>[], usage?: (member: NewMember, line: number) => Partial<NewUsage>): Promise<void>;
  /** Makes the bills, and dispatches those of the 15th: their messages wait on the topic. */
  dispatch(): Promise<void>;
  /** How many bills are in each send status. */
  bills(): Promise<Readonly<Record<string, number>>>;
}

/** Opens an empty month on services of its own. */
export async function aMonth(): Promise<AMonth> {
  const [databaseUrl, redisUrl, inbox] = await Promise.all([aMigratedDatabase(), aRedis(), startInbox()]);
  atTheEnd(() => inbox.close());
  const database = openDatabase({ url: databaseUrl, clock: realClock });
  atTheEnd(() => database.close());
  const ring = `test:${Buffer.alloc(32, 5).toString('base64')}`;
  const environment = {
    WEIR_DATABASE_URL: databaseUrl,
    WEIR_REDIS_URL: redisUrl,
    WEIR_SMTP_URL: inbox.smtpUrl,
    WEIR_SMTP_REQUIRE_TLS: 'false',
    WEIR_KEYS_RING: ring,
  };
  const month = latestMonth(new Date().toISOString().slice(0, 10));
  await periodStore(database).provideMonths([month.usage, month.billing, month.next]);
  const store = memberStore(database, parseKeyRing(ring));
  let usageId = 0n;
  const load: AMonth['load'] = async (changes, usageOf = () => ({})) => {
    const members = changes.map((change, index) =>
      aNewMember({ publicInfoId: 1_001n + BigInt(index), email: `member${index}@mail.example`, joinedDate: '2020-01-15', ...change }),
    );
    const usage = members.flatMap((member) =>
      [0, 1].map((line) => {
        usageId += 1n;
        return aUsage({ id: usageId, publicInfoId: member.publicInfoId, usedOn: dayOf(month.usage, 10), ...usageOf(member, line) });
      }),
    );
    await store.insertMembers(members);
    await store.insertUsage(usage);
  };
  const run = async (job: string, key: string): Promise<void> => {
    const { exitCode, errors } = await say(['run', '--job', job, '--key', key], { ...environment, WEIR_LOG_LEVEL: 'error' });
    expect(exitCode, errors).toBe(0);
  };
  return {
    ...{ environment, database, redisUrl, inbox, month, load },
    dispatch: async () => {
      await run('billing.settle', month.billing);
      await run('billing.dispatch', dayOf(month.billing, 15));
    },
    bills: async () => {
      const rows = await database.query<{ status: string; bills: bigint }>(
        'SELECT send_status AS status, count(*) AS bills FROM billing.billing_p GROUP BY 1 ORDER BY 1',
      );
      return Object.fromEntries(rows.map(({ status, bills }) => [status, Number(bills)]));
    },
  };
}
