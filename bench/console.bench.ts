import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { emailTopic } from '../pipelines/billing/dispatchedBill.ts';
import { createRedisStreamBus } from '../src/connectors/redisStream/redisStreamBus.ts';
import { createToken } from '../src/console/apiTokens.ts';
import { openDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../src/runtime/clock.ts';
import type { Benchmark, Contest } from './benchmark.ts';
import { DaemonProcess } from './console/daemonProcess.ts';
import { openDeliver, publishBills } from './deliver/deliverContest.ts';
import { requireCompleted, resetBills } from './deliver/fillBills.ts';
import { median } from './statistics.ts';

/** Pages that are open at once. */
const tabs = 20;
const deadLetters = 100_000;

/**
 * What it costs a daemon to be watched: mails a second while 20 pages of its console are open, over those while none is (the ceiling). The
 * pages are in this process, on the same processors; so the facts tell the daemon's own processor time for a mail, with and without them,
 * and besides what a scrape of all systems takes, and how long 100,000 dead letters take to be grouped, first and again.
 */
export const consoleBenchmark: Benchmark = { name: 'console', unit: 'mails', size: 30_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const { client, sink, redis } = await openDeliver(size, started);
  const { databaseUrl, redisUrl } = redis.addresses;
  const database = started.adopt(openDatabase({ url: databaseUrl, clock: realClock }), (opened) => opened.close());
  const token = await createToken(database, { name: 'bench', role: 'viewer', at: new Date(), by: 'bench' });
  const bus = started.adopt(createRedisStreamBus({ url: redisUrl, clock: realClock, instance: 'bench' }), (opened) => opened.close());
  const daemon = started.adopt(await DaemonProcess.start(redis.addresses), (process) => process.close());
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const prepare = async (): Promise<void> => {
    await resetBills(client);
    await sink.begin();
  };
  const deliver = async (): Promise<number> => {
    await publishBills(bus, size);
    while ((await sink.count()) < size) await delay(10);
    return size;
  };
  const check = async (): Promise<void> => {
    for (let left = true; left;)
      left = await requireCompleted(client, size).then(
        () => false,
        () => delay(50, true),
      );
  };
  const watched = new ProcessorTime(daemon);
  const alone = new ProcessorTime(daemon);
  const all = started.move();
  return {
    entrants: {
      ours: {
        prepare,
        run: async () => {
          const closed = new AbortController();
          const watching = Array.from({ length: tabs }, () => watch(`${daemon.url}/api/live`, headers, closed.signal));
          const done = await watched.of(deliver);
          closed.abort();
          const events = await Promise.all(watching);
          if (events.some((count) => count < 2)) throw new Error('A page was not told how things stand.');
          return done;
        },
        check,
      },
      ceiling: { prepare, run: () => alone.of(deliver), check },
    },
    facts: async () => {
      const scrapes = await timesOf(21, () => fetch(`${daemon.url}/metrics`).then((answer) => answer.text()));
      await putAside(redisUrl);
      const list = (): Promise<string> =>
        fetch(`${daemon.url}/api/dead-letters/list`, { method: 'POST', headers, body: '{}' }).then((answer) => answer.text());
      const [first, ...again] = await timesOf(6, list);
      return {
        'processor of the daemon a mail, µs (median), watched': watched.median(),
        'while nobody looks': alone.median(),
        'a scrape, ms (median of 21)': median(scrapes.map(({ ms }) => ms)).toFixed(1),
        'a scrape, KB': Math.round((scrapes[0]?.answer.length ?? 0) / 1_000),
        [`${deadLetters.toLocaleString('en')} dead letters grouped, ms, first`]: first?.ms.toFixed(0) ?? '',
        'and again, ms (median of 5)': median(again.map(({ ms }) => ms)).toFixed(0),
        'of which it found': (JSON.parse(first?.answer ?? '{}') as { groups: readonly { open: number }[] }).groups.reduce(
          (sum, { open: count }) => sum + count,
          0,
        ),
      };
    },
    close: () => all.disposeAsync(),
  };
}

/** What a daemon's work takes of its processor; the first time, which warms it up, does not count. */
class ProcessorTime {
  readonly #daemon: DaemonProcess;
  readonly #eachUs: number[] = [];

  constructor(daemon: DaemonProcess) {
    this.#daemon = daemon;
  }

  async of(work: () => Promise<number>): Promise<number> {
    const before = this.#daemon.processorSeconds();
    const done = await work();
    this.#eachUs.push(((this.#daemon.processorSeconds() - before) / done) * 1e6);
    return done;
  }

  /** Of one unit of the work, in microseconds. */
  median(): string {
    return median(this.#eachUs.slice(1)).toFixed(0);
  }
}

/** Listens until the signal; answers how many events came. */
async function watch(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> {
  let events = 0;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      const { body } = await fetch(url, { headers, signal });
      for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) events += part.split('event: overview').length - 1;
    } catch (error) {
      if (!isOver()) throw error;
    }
  }
  return events;
}

async function timesOf(times: number, ask: () => Promise<string>): Promise<readonly { readonly ms: number; readonly answer: string }[]> {
  const taken = [];
  for (let at = 0; at < times; at += 1) {
    const begun = performance.now();
    const answer = await ask();
    taken.push({ ms: performance.now() - begun, answer });
  }
  return taken;
}

/** Has the topic hold so many dead letters: one that the daemon has put aside itself, again and again. */
async function putAside(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.xadd(emailTopic.name, '*', 'key', 'poison', 'value', 'x');
  const stream = emailTopic.deadLetters;
  while ((await redis.xlen(stream)) === 0) await delay(20);
  const [letter] = await redis.xrange(stream, '-', '+', 'COUNT', 1);
  if (letter === undefined) throw new Error('The dead letter is gone.');
  for (let written = 1; written < deadLetters;) {
    const count = Math.min(1_000, deadLetters - written);
    const pipeline = redis.pipeline();
    for (let at = 0; at < count; at += 1) pipeline.xadd(stream, '*', ...letter[1]);
    await pipeline.exec();
    written += count;
  }
  redis.disconnect();
}
