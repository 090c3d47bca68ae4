import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { GroupReading } from '../../../src/connectors/kafka/groupReading.ts';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import type { BeforeJoin, GroupHooks } from '../../../src/connectors/kafka/rejoinHook.ts';
import { Outage } from '../../../src/connectors/outage.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { until } from '../../support/until.ts';

type Listener = (event: { readonly payload: unknown }) => void;

/** A client that does nothing by itself: the test says what happens to it. */
class ScriptedClient {
  readonly #listeners = new Map<string, Listener>();
  readonly #config: ConsumerConfig;

  constructor(config: ConsumerConfig) {
    this.#config = config;
  }

  get consumer(): Consumer {
    const nothing = (): Promise<void> => Promise.resolve();
    const events = { GROUP_JOIN: 'join', CRASH: 'crash', HEARTBEAT: 'heartbeat', FETCH: 'fetch', STOP: 'stop' };
    const calls = { connect: nothing, subscribe: nothing, run: nothing, disconnect: nothing, pause: nothing, resume: nothing };
    const on = (event: string, listener: Listener): void => void this.#listeners.set(event, listener);
    return { ...calls, events, on } as unknown as Consumer;
  }

  tell(event: 'join' | 'crash', payload: unknown): void {
    this.#listeners.get(event)?.({ payload });
  }

  async aboutToJoin(heartbeat: Parameters<BeforeJoin>[0]): Promise<void> {
    const [assigner] = this.#config.partitionAssigners ?? [];
    await (assigner?.({} as never) as unknown as GroupHooks).beforeJoin(heartbeat);
  }
}

test('a member that ends while it gives up its partitions does not touch those of the next', async () => {
  const topic = testTopic();
  const clients: ScriptedClient[] = [];
  const kafka = {
    consumer: (config: ConsumerConfig) => {
      const client = new ScriptedClient(config);
      clients.push(client);
      return client.consumer;
    },
  } as unknown as Kafka;
  const settings = withDefaults({ brokers: ['none'], clock: realClock, instance: 'a' });
  let epochs = 0;
  const reading = new GroupReading({
    ...{ kafka, settings, topic, group: 'g', outage: new Outage(realClock, {}) },
    room: { take: () => Promise.reject(new Error('nothing is read')), giveBack: () => undefined },
    stopped: new AbortController().signal,
    subscriber: { next: () => undefined, error: () => undefined },
    nextEpoch: () => (epochs += 1),
  });
  const ended = reading.run();
  const joins = { memberAssignment: { [topic.name]: [0] } };
  await until('there is a member', () => clients.length === 1);
  clients[0]?.tell('join', joins);
  const heartbeat = Promise.withResolvers<undefined>();
  const leaving = clients[0]?.aboutToJoin(() => heartbeat.promise);
  clients[0]?.tell('crash', { error: new Error('the broker is gone') });
  await until('there is another', () => clients.length === 2);
  clients[1]?.tell('join', joins);
  heartbeat.resolve(undefined);
  await leaving;
  expect(reading.held().map(({ epoch }) => epoch)).toEqual([2]);
  reading.end();
  await ended;
});
