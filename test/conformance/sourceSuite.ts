import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import type { Source } from '../../src/connectors/source.ts';
import { deadLetterHeaderNames } from '../../src/message/deadLetterHeaders.ts';
import { until } from '../support/until.ts';
import { aDeadLetter, aMessage, aTopic, messages, publish, type BusHarness } from './busHarness.ts';
import { read, type Reading } from './reading.ts';

/** What every source of a bus promises. Run by each connector over its own broker; each test has a topic of its own. */
export function sourceSuite(name: string, start: () => Promise<BusHarness>): void {
  describe(`source of ${name}`, () => {
    let harness: BusHarness;
    const setUp = async (over: Partial<Topic> = {}): Promise<{ bus: Bus; topic: Topic }> => {
      harness = await start();
      onTestFinished(() => harness.close());
      const bus = harness.bus('a');
      return { bus, topic: await aTopic(bus, over) };
    };

    describe('delivery', () => {
      test('what was published before the first subscription is delivered', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 3));
        const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
        await reading.count(3);
        expect(reading.numbers).toEqual([1, 2, 3]);
      });

      test('what is published to an empty topic later is delivered', async () => {
        const { bus, topic } = await setUp();
        const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
        await publish(bus, topic, messages(1, 1));
        await reading.count(1);
        await publish(bus, topic, messages(2, 3));
        await reading.count(3);
        expect(reading.numbers).toEqual([1, 2, 3]);
      });

      test('key, headers and every byte of the value arrive as they were written', async () => {
        const { bus, topic } = await setUp();
        const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
        const headers = new Map([['이름', '값 "1"']]);
        await publish(bus, topic, [
          { key: '회원-1', value, headers },
          { key: 'bare', value: Buffer.alloc(0) },
        ]);
        const reading = read(bus.subscribe(topic, { group: 'g' }));
        await reading.count(2);
        const [full, bare] = reading.deliveries;
        expect(full).toMatchObject({ key: '회원-1', attempt: 1 });
        expect(Buffer.from(full?.value ?? []).equals(value)).toBe(true);
        expect([...(full?.headers ?? [])]).toEqual([...headers]);
        expect(bare?.value.byteLength).toBe(0);
        expect(bare?.headers.size).toBe(0);
      });

      test('a value close to the limit arrives', async () => {
        const { bus, topic } = await setUp();
        const value = Buffer.alloc(topic.maxSizeBytes, 'v');
        await publish(bus, topic, [{ key: 'k', value }]);
        const reading = read(bus.subscribe(topic, { group: 'g' }));
        await reading.count(1);
        expect(value.equals(reading.deliveries[0]?.value ?? Buffer.alloc(0))).toBe(true);
      });

      test('messages of one key come in their order', async () => {
        const { bus, topic } = await setUp({ partitions: 3 });
        await publish(bus, topic, messages(0, 999, 7));
        const reading = read(bus.subscribe(topic, { group: 'g' }), { window: 50, settleAs: 'done' });
        await reading.count(1_000);
        for (let key = 0; key < 7; key += 1) {
          const numbers = reading.numbers.filter((number) => number % 7 === key);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
        expect(new Set(reading.numbers).size).toBe(1_000);
      });

      test('two groups each get everything', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 5));
        const [one, two] = ['g1', 'g2'].map((group) => read(bus.subscribe(topic, { group }), { settleAs: 'done' })) as [Reading, Reading];
        await Promise.all([one.count(5), two.count(5)]);
        expect([one.numbers, two.numbers]).toEqual([messages(1, 5), messages(1, 5)].map((some) => some.map(({ value }) => Number(value))));
      });

      test('a message that is too large is refused and does not hold up its neighbours', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, { ...topic }, [aMessage(1), { key: 'k0', value: Buffer.alloc(2_000, '7') }, aMessage(3)]);
        const reading = read(bus.subscribe({ ...topic, maxSizeBytes: 1_000 }, { group: 'g' }));
        await reading.count(3);
        expect(reading.deliveries.map(({ refusal }) => refusal?.code)).toEqual([undefined, 'oversize', undefined]);
        expect(reading.deliveries[1]?.value.byteLength).toBe(2_000);
      });
    });

    describe('settling', () => {
      test('what is settled is not delivered again, not even to the same process started again', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 50));
        const first = read(bus.subscribe(topic, { group: 'g' }));
        await first.count(50);
        await first.settle();
        first.unsubscribe();
        await bus.close();
        const again = harness.bus('a');
        await publish(again, topic, messages(51, 51));
        const second = read(again.subscribe(topic, { group: 'g' }));
        await second.count(1);
        expect(second.numbers).toEqual([51]);
      });

      test('what a cut subscription left is delivered by the next one, before what is new', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const source = bus.subscribe(topic, { group: 'g' });
        const first = read(source);
        await first.count(10);
        await first.settle(first.deliveries.slice(0, 4));
        first.unsubscribe();
        await publish(bus, topic, messages(11, 11));
        const second = read(source);
        await second.count(7);
        expect(second.numbers).toEqual([5, 6, 7, 8, 9, 10, 11]);
        expect(second.deliveries[0]?.epoch).toBeGreaterThan(first.deliveries[0]?.epoch ?? Infinity);
      });

      test('what a process left is delivered when it is started again', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const first = read(bus.subscribe(topic, { group: 'g' }));
        await first.count(10);
        await first.settle(first.deliveries.slice(0, 4));
        first.unsubscribe();
        await bus.close();
        const second = read(harness.bus('a').subscribe(topic, { group: 'g' }));
        await second.count(6);
        expect(second.numbers.toSorted((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10]);
      });

      test('what settles out of order leaves the rest to be delivered again', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const source = bus.subscribe(topic, { group: 'g' });
        const first = read(source);
        await first.count(10);
        await first.settle(first.deliveries.filter((_, index) => index % 2 === 1));
        first.unsubscribe();
        const second = read(source);
        await until('the odd ones came', () => [1, 3, 5, 7, 9].every((number) => second.numbers.includes(number)));
      });

      test('settling what nobody knows, or twice, does no harm', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 2));
        const source = bus.subscribe(topic, { group: 'g' });
        const first = read(source);
        await first.count(2);
        const all = [...first.deliveries];
        await first.settle(all);
        await first.settle(all);
        first.unsubscribe();
        const second = read(source);
        await publish(bus, topic, messages(3, 3));
        await second.count(1);
        expect(second.numbers).toEqual([3]);
      });

      test('ten thousand messages are read and settled, each once', async () => {
        const { bus, topic } = await setUp({ partitions: 2 });
        const sink = bus.publish(topic);
        for (let from = 0; from < 10_000; from += 1_000) await sink.write(messages(from, from + 999, 50));
        const reading = read(bus.subscribe(topic, { group: 'g' }));
        while (reading.deliveries.length < 10_000) {
          await until('some are in flight', () => reading.inFlight.size > 0);
          await reading.settle();
        }
        expect(new Set(reading.numbers).size).toBe(10_000);
        expect(reading.deliveries.length).toBe(10_000);
        expect(reading.error).toBeUndefined();
      });
    });

    describe('members', () => {
      test('members of a group share a topic: everything comes, and nothing to two of them', async () => {
        const { bus, topic } = await setUp({ partitions: 4 });
        const members = [bus, harness.bus('b')].map((one) => read(one.subscribe(topic, { group: 'g' }), { window: 20, settleAs: 'done' }));
        for (let from = 0; from < 500; from += 100) await publish(bus, topic, messages(from, from + 99, 40));
        const all = (): readonly number[] => members.flatMap(({ numbers }) => numbers);
        await until('all came', () => new Set(all()).size === 500);
        expect(all().length).toBe(500);
      });

      test('what a crashed member left is delivered to another', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 5));
        const crashing = harness.bus('b');
        const lost = read(crashing.subscribe(topic, { group: 'g' }));
        await lost.count(5);
        lost.unsubscribe();
        await harness.crash(crashing);
        const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
        await reading.count(5);
        expect(reading.numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
      });
    });

    describe('room', () => {
      test('without room nothing is read', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 5));
        const paused = read(bus.subscribe(topic, { group: 'g' }), { window: 0 });
        const witness = read(bus.subscribe(topic, { group: 'witness' }), { settleAs: 'done' });
        await witness.count(5);
        expect(paused.deliveries).toEqual([]);
        expect(paused.reserved).toBe(0);
        paused.window = 10;
        paused.wake();
        await paused.count(5);
      });

      test('never more is in flight than there is room', async () => {
        const { bus, topic } = await setUp({ partitions: 3 });
        await publish(bus, topic, messages(1, 100, 10));
        let most = 0;
        const reading = read(bus.subscribe(topic, { group: 'g' }), {
          window: 7,
          onDelivery: () => (most = Math.max(most, reading.inFlight.size)),
        });
        while (reading.deliveries.length < 100) {
          await until('some are in flight', () => reading.inFlight.size > 0);
          await reading.settle();
        }
        expect(most).toBeLessThanOrEqual(7);
        expect(reading.error).toBeUndefined();
      });

      test('room that was not used is given back at the end', async () => {
        const { bus, topic } = await setUp({ partitions: 3 });
        await publish(bus, topic, messages(1, 10, 5));
        const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
        await reading.count(10);
        reading.drain();
        await reading.completed();
        expect(reading.reserved).toBe(0);
      });
    });

    describe('ending', () => {
      test('draining completes the source, also while nothing comes', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 1));
        const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
        await reading.count(1);
        reading.drain();
        await reading.completed();
        expect(reading.error).toBeUndefined();
      });

      test('draining completes the source while it waits for room', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const reading = read(bus.subscribe(topic, { group: 'g' }), { window: 2 });
        await reading.count(2);
        reading.drain();
        await reading.completed();
        expect(reading.numbers).toEqual([1, 2]);
      });

      test('what was in flight while the source drained can be settled, and the rest is delivered by the next subscription', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const source = bus.subscribe(topic, { group: 'g' });
        const first = read(source, { window: 4 });
        await first.count(4);
        first.drain();
        await first.completed();
        await first.settle();
        const second = read(source);
        await second.count(6);
        expect(second.numbers).toEqual([5, 6, 7, 8, 9, 10]);
      });

      test('a subscription that is cut in the middle of a burst gets no more, and nothing is lost', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const source = bus.subscribe(topic, { group: 'g' });
        const first = read(source, { onDelivery: ({ value }) => Number(value) === 3 && first.unsubscribe() });
        await first.count(3);
        const second = read(source);
        await second.count(10);
        expect(first.numbers).toEqual([1, 2, 3]);
        expect(second.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      });

      test('a run that is aborted gets no more and does not complete', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const source = bus.subscribe(topic, { group: 'g' });
        const first = read(source, { onDelivery: ({ value }) => Number(value) === 3 && first.abort() });
        await first.count(3);
        first.unsubscribe();
        const second = read(source);
        await second.count(10);
        expect([first.deliveries.length, first.hasCompleted, first.error]).toEqual([3, false, undefined]);
      });

      test('subscriptions that are cut at once leave the source usable', async () => {
        const { bus, topic } = await setUp();
        const source = bus.subscribe(topic, { group: 'g' });
        for (let time = 0; time < 10; time += 1) read(source).unsubscribe();
        await publish(bus, topic, messages(1, 3));
        const reading = read(source);
        await reading.count(3);
        expect(reading.numbers).toEqual([1, 2, 3]);
      });
    });

    describe('status', () => {
      test('it is idle until it is read and when it is read no more, and reads meanwhile what was assigned to it', async () => {
        const { bus, topic } = await setUp();
        const source = bus.subscribe(topic, { group: 'g' });
        const told = (): unknown => {
          const { state = 'idle', partitions = [], assignments = 0 } = source.status?.() ?? {};
          return { state, held: partitions.filter(({ isHeld }) => isHeld).length, of: partitions.length, assignments };
        };
        expect(told()).toMatchObject({ state: 'idle', held: 0, assignments: 0 });
        const reading = read(source, { settleAs: 'done' });
        await publish(bus, topic, messages(1, 1));
        await reading.count(1);
        await until('it reads', () => source.status?.()?.state === 'reading');
        expect(told()).toEqual({ state: 'reading', held: 1, of: 1, assignments: 1 });
        reading.unsubscribe();
        await until('it is idle', () => source.status?.()?.state === 'idle');
        expect(told()).toEqual({ state: 'idle', held: 0, of: 1, assignments: 1 });
        await publish(bus, topic, messages(2, 2));
        const again = read(source, { settleAs: 'done' });
        await again.count(1);
        await until('it reads again', () => source.status?.()?.state === 'reading');
        expect(told()).toEqual({ state: 'reading', held: 1, of: 1, assignments: 2 });
      });

      test('of two members, one that has nothing to read stands by, and takes over', async () => {
        const { bus, topic } = await setUp();
        const sources = [bus, harness.bus('b')].map((each) => each.subscribe(topic, { group: 'g' }));
        const readings = sources.map((source) => read(source, { settleAs: 'done' }));
        const held = (source: Source): boolean => source.status?.()?.partitions.some(({ isHeld }) => isHeld) ?? false;
        const isTold = (source: Source): boolean => source.status?.()?.state === (held(source) ? 'reading' : 'standby');
        await publish(bus, topic, messages(1, 20));
        await until('both know what they have', () => sources.some(held) && sources.every(isTold));
        const last = sources.findIndex((source) => !held(source));
        readings[last === 0 ? 1 : 0]?.unsubscribe();
        await publish(bus, topic, messages(21, 21));
        const [one, other] = sources as [Source, Source];
        await until('the other reads', () => isTold(last === 0 ? one : other) && held(last === 0 ? one : other));
      });
    });

    describe('dead letters and lag', () => {
      test('a dead letter can be read from its topic: original bytes, headers, and the reason', async () => {
        const { bus, topic } = await setUp();
        const source = bus.subscribe(topic, { group: 'g' });
        const letter = aDeadLetter({ original: Buffer.from([0, 255, 10]), headers: new Map([['trace', 't-1']]), position: '17' });
        await source.deadLetter(letter);
        const dead = { ...topic, name: topic.deadLetters, deadLetters: `${topic.deadLetters}.dlt` };
        const reading = read(bus.subscribe(dead, { group: 'g' }), { settleAs: 'done' });
        await reading.count(1);
        const [delivery] = reading.deliveries;
        expect([...(delivery?.value ?? [])]).toEqual([0, 255, 10]);
        expect(delivery?.key).toBe('k1');
        const names = deadLetterHeaderNames;
        expect(Object.fromEntries(delivery?.headers ?? [])).toMatchObject({
          ...{ trace: 't-1', [names.pipeline]: 'test.pipeline', [names.stage]: 'send', [names.code]: 'refused' },
          ...{ [names.text]: letter.text, [names.position]: '17', [names.attempts]: '2', [names.diedAt]: '2026-11-01T00:00:00.000Z' },
        });
      });

      test('lag counts what waits to be read', async () => {
        const { bus, topic } = await setUp();
        await publish(bus, topic, messages(1, 10));
        const source = bus.subscribe(topic, { group: 'g' });
        const reading = read(source, { window: 4 });
        await reading.count(4);
        await until('six wait', async () => (await source.lag?.()) === 6);
        reading.window = 20;
        reading.wake();
        await reading.count(10);
        await reading.settle();
        await until('none waits', async () => (await source.lag?.()) === 0);
      });
    });
  });
}
