import { Redis } from 'ioredis';
import { join } from 'node:path';
import { Client } from 'pg';
import { deliverGroup } from '../../pipelines/billing/deliver.pipeline.ts';
import { emailTopic, encodeDispatchedBill } from '../../pipelines/billing/dispatchedBill.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { migrate } from '../../src/connectors/postgres/migrate.ts';
import { openDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import { createRedisStreamBus } from '../../src/connectors/redisStream/redisStreamBus.ts';
import type { Outgoing } from '../../src/connectors/sink.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { startPostgres } from '../../stack/postgres.ts';
import { startRedis } from '../../stack/redis.ts';
import type { Entrant } from '../benchmark.ts';
import { sendComposed } from './composedMails.ts';
import type { Addresses } from './deliverBills.ts';
import { DeliverProcess } from './deliverProcess.ts';
import { billOf, fillBills, requireCompleted, resetBills } from './fillBills.ts';
import { mailPlainly } from './plainMailer.ts';
import { SinkProcess, type SlowMails } from './sinkProcess.ts';

const ring = `bench:${Buffer.alloc(32, 7).toString('base64')}`;

/** The baseline is so much slower that a part of the bills tells its rate. */
const baselineShare = 0.1;

/** Where a run of the pipeline finds its messages. */
export interface Supply {
  readonly addresses: Addresses;
  /** Puts the messages of all bills on the topic, which holds no others then. */
  publish(): Promise<void>;
}

/** Who may take part in a contest of delivering bills, and what they work on. */
export interface DeliverContest {
  readonly client: Client;
  readonly sink: SinkProcess;
  /** Over Redis Streams. */
  readonly redis: Supply;
  /** The pipeline `billing.deliver`. */
  weir(supply: Supply, slow?: SlowMails): Entrant;
  /** A plain loop with nodemailer's pool. */
  readonly plain: Entrant;
  /** Composed mails fed to nodemailer's own connections. */
  readonly composed: Entrant;
}

/** Starts the services and fills them with `size` bills; the stack ends them. */
export async function openDeliver(size: number, started: AsyncDisposableStack): Promise<DeliverContest> {
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  const redis = started.adopt(await startRedis(), (service) => service.close());
  const sink = started.adopt(await SinkProcess.start(), (process) => process.close());
  const weir = started.adopt(new DeliverProcess(), (process) => process.close());
  await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', '..', 'migrations') });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  started.defer(() => client.end());
  const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock }), (opened) => opened.close());
  const keyRing = parseKeyRing(ring);
  await fillBills(database, client, keyRing, size);
  const addresses = { databaseUrl: postgres.url, redisUrl: redis.url, smtpUrl: sink.url, ring };
  const part = Math.max(1, Math.round(size * baselineShare));
  let sent = 0;
  return {
    client,
    sink,
    redis: { addresses, publish: () => publishOnRedis(redis.url, size) },
    weir: (supply, slow) => ({
      prepare: async () => {
        await resetBills(client);
        await supply.publish();
        await sink.begin(slow);
      },
      run: async () => {
        sent = await weir.deliver({ addresses: supply.addresses, size });
        return sent;
      },
      check: async () => {
        // Slow mails may have others put off; without them every bill is mailed.
        if (slow === undefined && sent !== size) throw new Error(`Of ${size} bills ${size - sent} were put off.`);
        await requireCompleted(client, sent);
        await requireMails(sink, sent);
      },
    }),
    plain: {
      prepare: async () => {
        await resetBills(client);
        await sink.begin();
      },
      run: async () => {
        await mailPlainly(postgres.url, sink.port, keyRing, part);
        return part;
      },
      check: async () => {
        await requireCompleted(client, part);
        await requireMails(sink, part);
      },
    },
    composed: {
      prepare: () => sink.begin(),
      run: async () => {
        await sendComposed(sink.port, size);
        return size;
      },
      check: () => requireMails(sink, size),
    },
  };
}

/** Writes the messages of bills 1 to `size`, and of the same ones again until there are `count`. */
export async function publishBills(bus: Bus, size: number, count = size, headers: Outgoing['headers'] = new Map()): Promise<void> {
  const emails = bus.publish(emailTopic);
  for (let first = 0; first < count; first += 1_000) {
    const length = Math.min(1_000, count - first);
    await emails.write(Array.from({ length }, (_, index) => ({ ...messageOf(((first + index) % size) + 1), headers })));
  }
}

async function publishOnRedis(url: string, size: number): Promise<void> {
  const client = new Redis(url);
  await client.flushdb();
  await client.xgroup('CREATE', emailTopic.name, deliverGroup, '0', 'MKSTREAM');
  client.disconnect();
  const bus = createRedisStreamBus({ url, clock: realClock, instance: 'bench' });
  await publishBills(bus, size);
  await bus.close();
}

function messageOf(number: number): Outgoing {
  return { key: String(number), value: encodeDispatchedBill(billOf(number)) };
}

async function requireMails(sink: SinkProcess, size: number): Promise<void> {
  const mails = await sink.count();
  if (mails !== size) throw new Error(`The mail server got ${mails} mails instead of ${size}.`);
}
