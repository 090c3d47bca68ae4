import { Redis } from 'ioredis';
import { join } from 'node:path';
import { Client } from 'pg';
import { deliverGroup } from '../pipelines/billing/deliver.pipeline.ts';
import { emailTopic, encodeDispatchedBill } from '../pipelines/billing/dispatchedBill.ts';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { createRedisStreamBus } from '../src/connectors/redisStream/redisStreamBus.ts';
import { parseKeyRing } from '../src/message/keyRing.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { sendComposed } from './deliver/composedMails.ts';
import { daemonMemory } from './deliver/daemonMemory.ts';
import { DeliverProcess } from './deliver/deliverProcess.ts';
import { billOf, fillBills, requireCompleted, resetBills } from './deliver/fillBills.ts';
import { mailPlainly } from './deliver/plainMailer.ts';
import { SinkProcess, type SlowMails } from './deliver/sinkProcess.ts';
import { measure } from './measure.ts';
import type { MeasureOptions } from './measureOptions.ts';
import { median, ratio } from './statistics.ts';

const ring = `bench:${Buffer.alloc(32, 7).toString('base64')}`;

/** The baseline is so much slower that a part of the bills tells its rate. */
const baselineShare = 0.1;

/**
 * Delivering bills: the pipeline `billing.deliver` from the bus to the mail server, decryption, claim, rendering and record included.
 * Baseline: a plain loop with nodemailer's pool and an update for each mail. Ceiling: composed mails fed to nodemailer's own SMTP
 * connections. All of them send to the same mail server, which does nothing.
 */
export const deliverBenchmark: Benchmark = { name: 'deliver', unit: 'mails', size: 30_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  const redis = started.adopt(await startRedis(), (service) => service.close());
  const sink = started.adopt(await SinkProcess.start(), (process) => process.close());
  const weir = started.adopt(new DeliverProcess(), (process) => process.close());
  await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  started.defer(() => client.end());
  const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock }), (opened) => opened.close());
  const keyRing = parseKeyRing(ring);
  await fillBills(database, client, keyRing, size);

  const addresses = { databaseUrl: postgres.url, redisUrl: redis.url, smtpUrl: sink.url, ring };
  const part = Math.max(1, Math.round(size * baselineShare));
  let sent = 0;
  const ours = (slow?: SlowMails): Entrant => ({
    prepare: async () => {
      await resetBills(client);
      await publish(redis.url, size);
      await sink.begin(slow);
    },
    run: async () => {
      sent = await weir.deliver({ addresses, size });
      return sent;
    },
    check: async () => {
      // Slow mails may have others put off; without them every bill is mailed.
      if (slow === undefined && sent !== size) throw new Error(`Of ${size} bills ${size - sent} were put off.`);
      await requireCompleted(client, sent);
      await requireMails(sink, sent);
    },
  });
  const memory = async (): Promise<string> => {
    await ours().prepare?.();
    const highest = await daemonMemory(addresses, sink, size);
    await requireCompleted(client, size);
    return highest.join(', ');
  };
  const all = started.move();
  return {
    entrants: {
      ours: ours(),
      baseline: {
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
      ceiling: {
        prepare: () => sink.begin(),
        run: async () => {
          await sendComposed(sink.port, size);
          return size;
        },
        check: () => requireMails(sink, size),
      },
    },
    facts: async (options) => ({
      ...(await slowFacts(ours, options)),
      'resident memory of the daemon, MB at most in each tenth of the mails': await memory(),
    }),
    close: () => all.disposeAsync(),
  };
}

/** How the rate fares when some mails are slow, as a share of the undisturbed one: measured like an entrant, in turns with it. */
async function slowFacts(ours: (slow?: SlowMails) => Entrant, options: MeasureOptions): Promise<Readonly<Record<string, number>>> {
  const slow = ours({ every: 100, delayMs: 200 });
  const stalled = ours({ every: 1_000, delayMs: 3_000 });
  const rates = await measure({ ours: slow, baseline: stalled, ceiling: ours() }, options);
  const undisturbed = median(rates.ceiling);
  return {
    'rate with 1 % of mails taking 200 ms ÷ undisturbed': ratio(median(rates.ours), undisturbed) ?? 0,
    'rate with 0.1 % of mails taking 3 s ÷ undisturbed': ratio(median(rates.baseline ?? []), undisturbed) ?? 0,
  };
}

/** Puts the messages of all bills on an empty topic. */
async function publish(redisUrl: string, size: number): Promise<void> {
  const client = new Redis(redisUrl);
  await client.flushdb();
  await client.xgroup('CREATE', emailTopic.name, deliverGroup, '0', 'MKSTREAM');
  client.disconnect();
  const bus = createRedisStreamBus({ url: redisUrl, clock: realClock, instance: 'bench' });
  const emails = bus.publish(emailTopic);
  for (let first = 1; first <= size; first += 1_000) {
    await emails.write(Array.from({ length: Math.min(1_000, size - first + 1) }, (_, index) => messageOf(first + index)));
  }
  await bus.close();
}

function messageOf(number: number): { readonly key: string; readonly value: Uint8Array } {
  return { key: String(number), value: encodeDispatchedBill(billOf(number)) };
}

async function requireMails(sink: SinkProcess, size: number): Promise<void> {
  const mails = await sink.count();
  if (mails !== size) throw new Error(`The mail server got ${mails} mails instead of ${size}.`);
}
