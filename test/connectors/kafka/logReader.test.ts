import { expect, onTestFinished, test } from 'vitest';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { LogReader } from '../../../src/connectors/kafka/logReader.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { scriptedKafka } from './scriptedKafka.ts';

test('a reader of a log whose client is not let in fails its call, and no promise of it is left without a handler', async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));
  const { kafka, clients } = scriptedKafka([0], (client) => client.crash('GROUP_AUTHORIZATION_FAILED'));
  const settings = withDefaults({ brokers: [], clock: virtualClock(new Date(0)), instance: 'a' });
  const log = new LogReader('t', kafka, settings);
  await expect(log.read([{ from: 0n, to: 1n }])).rejects.toMatchObject({ code: 'refused', kind: 'transient' });
  // Node.js tells of such promises when the turn ends.
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
  // The next call has another client.
  await expect(log.read([{ from: 0n, to: 1n }])).rejects.toMatchObject({ code: 'refused' });
  expect(clients).toHaveLength(2);
  await log.close();
});
