import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import { aMessage, aTopic, messages, type BusHarness } from './busHarness.ts';
import { Reading } from './reading.ts';

/** What every sink of a bus promises. Run by each connector over its own broker; each test has a topic of its own. */
export function sinkSuite(name: string, start: () => Promise<BusHarness>): void {
  describe(`sink of ${name}`, () => {
    const setUp = async (over: Partial<Topic> = {}): Promise<{ bus: Bus; topic: Topic; read: (count: number) => Promise<Reading> }> => {
      const harness = await start();
      onTestFinished(() => harness.close());
      const bus = harness.bus('a');
      const topic = await aTopic(bus, over);
      const read = async (count: number): Promise<Reading> => {
        const reading = new Reading(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
        onTestFinished(() => reading.unsubscribe());
        await reading.count(count);
        return reading;
      };
      return { bus, topic, read };
    };

    test('a chunk keeps its order', async () => {
      const { bus, topic, read } = await setUp();
      await bus.publish(topic).write(messages(1, 3_000));
      const reading = await read(3_000);
      expect(reading.numbers).toEqual(messages(1, 3_000).map(({ value }) => Number(value)));
    });

    test('chunks that are written one after another keep their order', async () => {
      const { bus, topic, read } = await setUp();
      const sink = bus.publish(topic);
      for (let number = 1; number <= 20; number += 1) await sink.write([aMessage(number)]);
      const reading = await read(20);
      expect(reading.numbers).toEqual(messages(1, 20).map(({ value }) => Number(value)));
    });

    test('chunks that are written at once all arrive, each in its order', async () => {
      const { bus, topic, read } = await setUp({ partitions: 3 });
      const sink = bus.publish(topic);
      const chunks = Array.from({ length: 10 }, (_, chunk) =>
        messages(chunk * 100, chunk * 100 + 99).map((one) => ({ ...one, key: `chunk-${chunk}` })),
      );
      await Promise.all(chunks.map((chunk) => sink.write(chunk)));
      const reading = await read(1_000);
      for (const chunk of chunks) {
        const ours = reading.deliveries
          .filter(({ key }) => key === chunk[0]?.key)
          .map(({ value }) => Number(Buffer.from(value).toString()));
        expect(ours).toEqual(chunk.map(({ value }) => Number(value)));
      }
    });

    test('a chunk with a message that is too large is refused before anything is sent', async () => {
      const { bus, topic, read } = await setUp({ maxSizeBytes: 100 });
      const sink = bus.publish(topic);
      const chunk = [aMessage(1), { key: 'k', value: Buffer.alloc(101) }];
      await expect(sink.write(chunk)).rejects.toMatchObject({ name: 'WeirError', code: 'oversize', kind: 'permanent' });
      await sink.write([aMessage(2)]);
      expect((await read(1)).numbers).toEqual([2]);
    });

    test('an empty chunk is written as nothing', async () => {
      const { bus, topic, read } = await setUp();
      const sink = bus.publish(topic);
      await sink.write([]);
      await sink.write([aMessage(1)]);
      expect((await read(1)).numbers).toEqual([1]);
    });

    test('a chunk of many megabytes arrives', async () => {
      const { bus, topic, read } = await setUp();
      const values = Array.from({ length: 12 }, (_, index) => Buffer.alloc(1_000_000, String(index % 10)));
      await bus.publish(topic).write(values.map((value) => ({ key: 'k', value })));
      const reading = await read(12);
      expect(reading.deliveries.every(({ value }, index) => values[index]?.equals(value))).toBe(true);
    });

    test('topics can be provided again', async () => {
      const { bus, topic, read } = await setUp();
      await bus.publish(topic).write([aMessage(1)]);
      await bus.provide([topic, topic]);
      expect((await read(1)).numbers).toEqual([1]);
    });
  });
}
