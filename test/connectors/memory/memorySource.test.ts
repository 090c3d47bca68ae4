import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/connectors/memory/memorySource.ts';
import type { Delivery } from '../../../src/message/message.ts';
import { aDeadLetter } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { until } from '../../support/until.ts';

function aDelivery(number: number, partition = 'p'): Delivery {
  return { key: 'k', headers: new Map(), partition, epoch: 1, position: String(number), attempt: 1, value: Buffer.from(String(number)) };
}

function* endless(): Generator<Delivery> {
  for (let number = 1; ; number += 1) yield aDelivery(number);
}

describe('memorySource', () => {
  test('emits what it is given and completes at the end', async () => {
    const reading = read(memorySource([1, 2, 3].map((number) => aDelivery(number))), { settleAs: 'done' });
    await reading.completed();
    expect(reading.numbers).toEqual([1, 2, 3]);
    expect(reading.reserved).toBe(0);
  });

  test('completes at once when it is given nothing', async () => {
    const reading = read(memorySource([]));
    await reading.completed();
    expect(reading.deliveries).toEqual([]);
  });

  test('of an endless generator takes no more than there is room, and completes when it drains', async () => {
    const reading = read(memorySource(endless(), { burst: 4 }), { window: 10 });
    await reading.count(10);
    reading.drain();
    await reading.completed();
    expect(reading.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('gives back the room of a partition that ends before it is used', async () => {
    const reading = read(memorySource([aDelivery(1), aDelivery(2), aDelivery(3, 'q'), aDelivery(4)]), { settleAs: 'done' });
    await reading.completed();
    expect(reading.numbers).toEqual([1, 2, 3, 4]);
    expect(reading.reserved).toBe(0);
  });

  test('goes on above the watermark after a restart, under the next epoch', async () => {
    const source = memorySource(endless());
    const first = read(source, { window: 6 });
    await first.count(6);
    await first.settle(first.deliveries.filter(({ position }) => ['1', '2', '5'].includes(position)));
    first.unsubscribe();
    const second = read(source, { window: 6 });
    await second.count(6);
    expect(second.numbers).toEqual([3, 4, 5, 6, 7, 8]);
    expect(second.deliveries.every(({ epoch }) => epoch === 2)).toBe(true);
  });

  test('loses nothing when it is cut in the middle of a burst, again and again', async () => {
    const source = memorySource(Array.from({ length: 30 }, (_, index) => aDelivery(index)));
    const seen: number[] = [];
    for (let life = 0; life < 5; life += 1) {
      const reading = read(source, { onDelivery: ({ position }) => position === String(life * 5 + 4) && reading.unsubscribe() });
      await until('it was cut', () => reading.numbers.at(-1) === life * 5 + 4);
      seen.push(...reading.numbers);
      await reading.settle();
    }
    const rest = read(source, { settleAs: 'done' });
    await rest.completed();
    expect([...new Set([...seen, ...rest.numbers])].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  test('keeps dead letters, and fails a settling as it is told', async () => {
    const source = memorySource([aDelivery(1)], {
      onSettle: () => {
        throw new Error('not now');
      },
    });
    await source.deadLetter(aDeadLetter());
    expect(source.deadLetters).toEqual([aDeadLetter()]);
    const reading = read(source);
    await reading.count(1);
    await expect(reading.settle()).rejects.toThrow('not now');
  });
});
