import { describe, expect, it } from 'vitest';
import { createMemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import type { DeadLetterReader } from '../../../src/connectors/deadLetterReader.ts';
import type { Outgoing, Sink } from '../../../src/connectors/sink.ts';
import { WeirError } from '../../../src/errors.ts';
import { publishLetters } from '../../../src/runtime/deadLetters/publishLetters.ts';
import { aDeadLetter, aTopic } from '../../conformance/busHarness.ts';

/** A bus with four dead letters, one of which is too large for its topic. */
async function fourLetters(): Promise<{ bus: ReturnType<typeof createMemoryBus>; topic: Awaited<ReturnType<typeof aTopic>> }> {
  const bus = createMemoryBus();
  const topic = await aTopic(bus, { maxSizeBytes: 10 });
  const source = bus.subscribe(topic, { group: 'g' });
  for (const [key, size] of Object.entries({ a: 3, b: 11, c: 5, d: 7 })) {
    await source.deadLetter(aDeadLetter({ key, original: Buffer.alloc(size, key), headers: new Map([['trace', key]]) }));
  }
  return { bus, topic };
}

/** Keeps what is written through it. */
function noting(sink: Sink, written: Outgoing[]): Sink {
  return {
    close: () => sink.close(),
    write: async (messages) => {
      await sink.write(messages);
      written.push(...messages);
    },
  };
}

describe('publishLetters', () => {
  it('publishes the original keys, bytes and headers in the order it is given, without ours', async () => {
    const { bus, topic } = await fourLetters();
    const written: Outgoing[] = [];
    const ends = await publishLetters(bus.deadLettersOf(topic), noting(bus.publish(topic), written), ['3', '0']);
    expect(ends.map(({ state }) => state)).toEqual(['REPLAYED', 'REPLAYED']);
    expect(written.map(({ key, value, headers }) => [key, Buffer.from(value).toString(), headers])).toEqual([
      ['d', 'ddddddd', new Map([['trace', 'd']])],
      ['a', 'aaa', new Map([['trace', 'a']])],
    ]);
  });

  it('publishes the others when the topic takes one no more, and tells of those that are gone', async () => {
    const { bus, topic } = await fourLetters();
    const written: Outgoing[] = [];
    const ends = await publishLetters(bus.deadLettersOf(topic), noting(bus.publish(topic), written), ['0', '1', '99', '2']);
    expect(ends).toEqual([
      { position: '0', state: 'REPLAYED', note: null },
      { position: '1', state: 'REFUSED', note: expect.stringContaining('11 bytes') as string },
      { position: '99', state: 'GONE', note: null },
      { position: '2', state: 'REPLAYED', note: null },
    ]);
    expect(written.map(({ key }) => key)).toEqual(['a', 'c']);
  });

  it('refuses those of which the bus kept only a part, and publishes the others', async () => {
    const { bus, topic } = await fourLetters();
    const reader = bus.deadLettersOf(topic);
    const cut: DeadLetterReader = {
      ...reader,
      at: async (positions) => {
        const letters = await reader.at(positions);
        return letters.map((letter) => (letter.key === 'a' ? { ...letter, originalBytes: 5_000 } : letter));
      },
    };
    const written: Outgoing[] = [];
    const ends = await publishLetters(cut, noting(bus.publish(topic), written), ['0', '2']);
    expect(ends).toEqual([
      { position: '0', state: 'REFUSED', note: expect.stringContaining('the original of 5000 bytes at topic/1 5-1') as string },
      { position: '2', state: 'REPLAYED', note: null },
    ]);
    expect(written.map(({ key }) => key)).toEqual(['c']);
  });

  it('rejects with what may pass, so that it is tried again', async () => {
    const { bus, topic } = await fourLetters();
    const away: Sink = { write: () => Promise.reject(new WeirError('unavailable', 'away')), close: () => Promise.resolve() };
    await expect(publishLetters(bus.deadLettersOf(topic), away, ['0', '2'])).rejects.toMatchObject({ code: 'unavailable' });
  });
});
