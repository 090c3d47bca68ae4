import { of, type Observable } from 'rxjs';
import type { Admin, Kafka } from 'kafkajs';
import { mapChunk } from '../operators/mapChunk.ts';
import { mergeMapByKey } from '../operators/mergeMapByKey.ts';
import type { Step } from '../operators/step.ts';
import type { Bus, Topic } from '../src/connectors/bus.ts';
import { createKafkaBus } from '../src/connectors/kafka/kafkaBus.ts';
import { realClock } from '../src/runtime/clock.ts';
import { runChain } from '../src/runtime/runChain.ts';
import { startKafka } from '../stack/kafka.ts';
import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { chainParts, completed } from './chainParts.ts';
import { brokerOf, plainClient } from './kafka/plainClient.ts';
import { measure } from './measure.ts';
import { median, ratio } from './statistics.ts';

const topic: Topic = { name: 'bench', deadLetters: 'bench.dlt', partitions: 3, maxSizeBytes: 4_096 };
const valueBytes = 1_024;
const keys = 10_000;
const chunkSize = 500;

/** Keys at once where every message has an effect of its own. */
const concurrency = 100;

/** As a pipeline has it that says nothing else. */
const limits = { window: 2_000, maxSpan: 20_000 };

/**
 * Reading a topic of three partitions, messages of 1 KB: read, handled in chunks, in order, by a handler that does nothing, settled,
 * committed; from joining the group to the last commit. Ceiling: `eachBatch` of kafkajs with one commit a batch. Every run reads as a
 * group of its own.
 */
export const kafkaConsume: Benchmark = { name: 'kafkaConsume', unit: 'messages', size: 200_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const kafka = started.adopt(await startKafka(), (service) => service.close());
  const broker = brokerOf(kafka);
  const filler = createKafkaBus({ brokers: [broker], clock: realClock, instance: 'bench' });
  started.defer(() => filler.close());
  await fill(filler, size);
  const client = plainClient(broker);
  const admin = started.adopt(client.admin(), (opened) => opened.disconnect());
  await admin.connect();
  let groups = 0;
  const entrant = (read: (group: string) => Promise<() => Promise<void>>): Entrant => {
    let group = '';
    let leave: () => Promise<void> = () => Promise.resolve();
    return {
      prepare: () => {
        groups += 1;
        group = `cg-bench-${groups}`;
        return Promise.resolve();
      },
      run: async () => {
        leave = await read(group);
        return size;
      },
      check: async () => {
        await leave();
        await requireCommitted(admin, group, size);
      },
    };
  };
  const ours = entrant((group) =>
    readByChain(broker, group, size, (onEnd) => mapChunk(nothing(onEnd), { size: chunkSize, maxWaitMs: 50 })),
  );
  const single = entrant((group) => readByChain(broker, group, size, (onEnd) => mergeMapByKey(nothingEach(onEnd), eachOptions)));
  const ceiling = entrant((group) => readPlainly(client, group, size));
  const all = started.move();
  return {
    entrants: { ours, ceiling },
    facts: async (options) => {
      const rates = await measure({ ours: single, ceiling }, options);
      return { 'with an effect for each message (mergeMapByKey) ÷ ceiling': ratio(median(rates.ours), median(rates.ceiling)) ?? 0 };
    },
    close: () => all.disposeAsync(),
  };
}

async function fill(bus: Bus, size: number): Promise<void> {
  await bus.provide([topic]);
  const sink = bus.publish(topic);
  for (let first = 0; first < size; first += 1_000) {
    const count = Math.min(1_000, size - first);
    await sink.write(Array.from({ length: count }, (_, index) => messageOf(first + index)));
  }
}

function messageOf(number: number): { readonly key: string; readonly value: Uint8Array } {
  return { key: String(number % keys), value: Buffer.alloc(valueBytes, number % 256) };
}

/** Resolves when all is committed, to what leaves the group. */
async function readByChain(
  broker: string,
  group: string,
  size: number,
  step: (onEnd: (count: number) => void) => Step<Uint8Array, Uint8Array>,
): Promise<() => Promise<void>> {
  const bus = createKafkaBus({ brokers: [broker], clock: realClock, instance: 'bench' });
  let handled = 0;
  const countHandled = (count: number): void => {
    handled += count;
    if (handled === size) chain.drain();
  };
  const chain = runChain<Uint8Array>({
    ...chainParts('bench.kafkaConsume', limits),
    source: bus.subscribe(topic, { group }),
    chain: (message$) => message$.pipe(step(countHandled)),
  });
  await completed(chain);
  return () => bus.close();
}

function nothing(onEnd: (count: number) => void) {
  return function handle(values: readonly Uint8Array[]): Observable<readonly Uint8Array[]> {
    onEnd(values.length);
    return of(values);
  };
}

const retry = { maxRetries: 3, firstDelayMs: 100, maxDelayMs: 1_000 };
const eachOptions = { concurrency, timeLimitMs: 10_000, retry, holdMs: 1_000, unknown: 'retry' } as const;

function nothingEach(onEnd: (count: number) => void) {
  return function handle(value: Uint8Array): Promise<Uint8Array> {
    onEnd(1);
    return Promise.resolve(value);
  };
}

async function readPlainly(client: Kafka, groupId: string, size: number): Promise<() => Promise<void>> {
  const consumer = client.consumer({ groupId, allowAutoTopicCreation: false });
  const over = Promise.withResolvers<undefined>();
  let read = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic.name], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async (payload) => {
      const { batch } = payload;
      payload.resolveOffset(batch.lastOffset());
      const offset = (BigInt(batch.lastOffset()) + 1n).toString();
      await payload.commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }] });
      read += batch.messages.length;
      if (read === size) over.resolve(undefined);
    },
  });
  await over.promise;
  return () => consumer.disconnect();
}

async function requireCommitted(admin: Admin, groupId: string, size: number): Promise<void> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic.name] });
  const committed = found?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  if (committed !== size) throw new Error(`Of ${size} messages ${committed} are committed.`);
}
