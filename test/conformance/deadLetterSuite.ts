import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import { aDeadLetter, aTopic, type BusHarness } from './busHarness.ts';

/** What every reader of dead letters promises. Run by each connector over its own broker; each test has a topic of its own. */
export function deadLetterSuite(name: string, start: () => Promise<BusHarness>): void {
  describe(`dead letters of ${name}`, () => {
    const setUp = async (count: number): Promise<{ bus: Bus; topic: Topic; positions: readonly string[] }> => {
      const harness = await start();
      onTestFinished(() => harness.close());
      const bus = harness.bus('a');
      const topic = await aTopic(bus);
      const source = bus.subscribe(topic, { group: 'g' });
      for (let number = 1; number <= count; number += 1) {
        const headers = new Map([['trace', `t${number}`]]);
        await source.deadLetter(
          aDeadLetter({ key: `k${number}`, original: Buffer.from([number, 0xff]), headers, position: `5-${number}` }),
        );
      }
      const letters = await bus.deadLettersOf(topic).page({ limit: 100 });
      return { bus, topic, positions: letters.map(({ position }) => position) };
    };

    test('a letter is found as it was put aside: original bytes and headers, and apart from them the reason', async () => {
      const { bus, topic, positions } = await setUp(1);
      const [letter] = await bus.deadLettersOf(topic).page({ limit: 10 });
      expect({ ...letter, value: [...(letter?.value ?? [])] }).toEqual({
        ...{ position: positions[0], key: 'k1', value: [1, 0xff], headers: new Map([['trace', 't1']]) },
        ...{ pipeline: 'test.pipeline', stage: 'send', code: 'refused', text: 'permanent: no such mailbox' },
        ...{ readFrom: 'topic/1 5-1', attempts: 2, diedAt: '2026-11-01T00:00:00.000Z' },
      });
    });

    test('letters are read in pages from either end, and behind a position', async () => {
      const { bus, topic, positions } = await setUp(5);
      const reader = bus.deadLettersOf(topic);
      const keys = async (range: Parameters<typeof reader.page>[0]): Promise<readonly string[]> =>
        (await reader.page(range)).map(({ key }) => key);
      expect(await keys({ limit: 2 })).toEqual(['k1', 'k2']);
      expect(await keys({ limit: 2, after: positions[1] })).toEqual(['k3', 'k4']);
      expect(await keys({ limit: 9, after: positions[4] })).toEqual([]);
      expect(await keys({ limit: 2, isNewestFirst: true })).toEqual(['k5', 'k4']);
      expect(await keys({ limit: 9, isNewestFirst: true, after: positions[2] })).toEqual(['k2', 'k1']);
      expect(await keys({ limit: 9, isNewestFirst: true, after: positions[0] })).toEqual([]);
    });

    test('letters that come later are above the newest of before', async () => {
      const { bus, topic } = await setUp(2);
      const reader = bus.deadLettersOf(topic);
      const upTo = await reader.newest();
      await bus.subscribe(topic, { group: 'g' }).deadLetter(aDeadLetter({ key: 'later', position: '6-1' }));
      expect((await reader.page({ upTo, limit: 10 })).map(({ key }) => key)).toEqual(['k1', 'k2']);
      expect((await reader.page({ limit: 10, isNewestFirst: true })).map(({ key }) => key)).toEqual(['later', 'k2', 'k1']);
    });

    test('letters are found by their positions, and those that are not there are left out', async () => {
      const { bus, topic, positions } = await setUp(3);
      const reader = bus.deadLettersOf(topic);
      const asked = [positions[2] ?? '', positions[0] ?? '', (positions[0] ?? '').replace(/^\d+/, '999999')];
      expect((await reader.at(asked)).map(({ key }) => key)).toEqual(['k3', 'k1']);
    });

    test('a topic without any has no newest, and what is no position is refused', async () => {
      const { bus, topic } = await setUp(0);
      const reader = bus.deadLettersOf(topic);
      expect(await reader.newest()).toBeUndefined();
      expect(await reader.page({ limit: 10 })).toEqual([]);
      await expect(reader.at(['+ FLUSHALL'])).rejects.toMatchObject({ code: 'invalidKey' });
      await expect(reader.page({ limit: 1, after: 'x' })).rejects.toMatchObject({ code: 'invalidKey' });
      await expect(reader.page({ limit: 1, upTo: '' })).rejects.toMatchObject({ code: 'invalidKey' });
    });
  });
}
