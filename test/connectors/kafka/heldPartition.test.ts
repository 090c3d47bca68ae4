import type { KafkaMessage } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { HeldPartition } from '../../../src/connectors/kafka/heldPartition.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { testTopic } from '../../conformance/busHarness.ts';

interface Held {
  readonly held: HeldPartition;
  readonly clock: VirtualClock;
  readonly calls: readonly string[];
  /** Grants room for whatever waits. */
  readonly grant: () => void;
}

function aHeldPartition(): Held {
  const clock = virtualClock(new Date(0));
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<number>();
  const held = new HeldPartition({
    ...{ clock, topic: testTopic(), partition: 0, epoch: 1, before: Promise.resolve(), stopped: new AbortController().signal },
    room: { take: () => promise, giveBack: () => undefined },
    emit: () => undefined,
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
  });
  void held.run();
  return { held, clock, calls, grant: () => resolve(1_000) };
}

function records(count: number, over: Partial<KafkaMessage> = {}): readonly KafkaMessage[] {
  const value = Buffer.from('x');
  return Array.from({ length: count }, (_, offset) => ({ key: null, value, offset: String(offset), ...over }) as KafkaMessage);
}

describe('a held partition', () => {
  test('is silent from the moment at which it was given, until it answers', async () => {
    const { held, clock } = aHeldPartition();
    await clock.advance(5_000);
    expect(held.silentMs).toBe(5_000);
    held.answered();
    expect(held.silentMs).toBe(0);
    await clock.advance(70);
    expect(held.silentMs).toBe(70);
  });

  test('is not silent while enough is read ahead, and afterwards only since it was asked again', async () => {
    const { held, clock, calls, grant } = aHeldPartition();
    held.push(records(1_000));
    await clock.advance(60_000);
    expect([calls, held.silentMs]).toEqual([['pause'], 0]);
    grant();
    await clock.advance(300);
    expect([calls, held.silentMs]).toEqual([['pause', 'resume'], 300]);
  });

  test.each([
    ['values', { value: Buffer.alloc(200_000) }],
    ['headers', { headers: { large: Buffer.alloc(200_000, 'x') } }],
    ['keys', { key: Buffer.alloc(200_000, 'x') }],
  ])('is paused where few messages with large %s are read ahead, and resumed when they are gone', async (_, over) => {
    const { held, clock, calls, grant } = aHeldPartition();
    held.push(records(5, over));
    expect(calls).toEqual([]);
    held.push(records(1, over));
    expect(calls).toEqual(['pause']);
    grant();
    await clock.advance(0);
    expect(calls).toEqual(['pause', 'resume']);
  });

  test('is not silent once it is given up', async () => {
    const { held, clock } = aHeldPartition();
    held.stop();
    await clock.advance(60_000);
    expect(held.silentMs).toBe(0);
  });
});
