import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { sharedKafka } from '../../support/services.ts';

const brokers = sharedKafka() ?? '';
const ours = new URL('../../../src', import.meta.url).pathname;

describe.skipIf(brokers === '')('connections that are idle', () => {
  test('wake kafkajs up all the time, and make Node.js warn', async () => {
    const { timers, errors } = await idle(
      `import { Kafka } from 'kafkajs';`,
      `const kafka = new Kafka({ brokers: ['${brokers}'], logLevel: 0 });`,
    );
    expect(timers).toBeGreaterThan(100);
    expect(errors).toContain('TimeoutNegativeWarning');
  });

  test('are idle as we make them, and Node.js has nothing to warn of', async () => {
    const { timers, errors } = await idle(
      `import { openClient } from '${ours}/connectors/kafka/client.ts';`,
      `import { withDefaults } from '${ours}/connectors/kafka/kafkaOptions.ts';`,
      `import { realClock } from '${ours}/runtime/clock.ts';`,
      `const kafka = openClient(withDefaults({ brokers: ['${brokers}'], clock: realClock, instance: 'a' }));`,
    );
    expect(timers).toBe(0);
    expect(errors).toBe('');
  });
});

describe('what is mended in kafkajs', () => {
  test('is there, in the version in which it was read', () => {
    expect(createRequire(import.meta.url)('kafkajs/package.json')).toMatchObject({ version: '2.2.4' });
    const isFunction = expect.any(Function) as unknown;
    expect(RequestQueue.prototype).toMatchObject({ scheduleCheckPendingRequests: isFunction, checkPendingRequests: isFunction });
    expect(ConsumerGroup.prototype).toMatchObject({ joinAndSync: isFunction, fetch: isFunction });
  });

  test('has the fields that the cures use', () => {
    expect(aRequestQueue()).toMatchObject({ pending: [], throttledUntil: -1, throttleCheckTimeoutId: null });
    const assigners = [{ name: 'one' }];
    const group = aConsumerGroup(assigners);
    expect(group).toMatchObject({ groupId: 'g', assigners, memberId: null, generationId: null, coordinator: null, offsetManager: null });
  });
});

const logger = { namespace: () => logger, info: () => undefined, debug: () => undefined, warn: () => undefined, error: () => undefined };

function aRequestQueue(): RequestQueue {
  return Reflect.construct(RequestQueue, [
    { logger, maxInFlightRequests: 1, requestTimeout: 1, enforceRequestTimeout: false },
  ]) as RequestQueue;
}

function aConsumerGroup(assigners: readonly object[]): ConsumerGroup {
  return Reflect.construct(ConsumerGroup, [{ logger, groupId: 'g', assigners, topics: [], retry: {} }]) as ConsumerGroup;
}

/** Connects a client in a process of its own, and answers how many timers it sets in half a second, and what it says on its standard error. */
async function idle(...setUp: readonly string[]): Promise<{ readonly timers: number; readonly errors: string }> {
  const script = `
    ${setUp.join('\n')}
    const clients = [kafka.producer(), kafka.admin()];
    await Promise.all(clients.map((client) => client.connect()));
    await clients[1].listTopics();
    let timers = 0;
    const set = globalThis.setTimeout;
    globalThis.setTimeout = (...args) => ((timers += 1), set(...args));
    await new Promise((resolve) => set(resolve, 500));
    console.log(timers);
    process.exit(0);
  `;
  const root = new URL('../../..', import.meta.url).pathname;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
  return { timers: Number(stdout), errors: stderr };
}
