import { randomUUID } from 'node:crypto';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import type { Outgoing } from '../../src/connectors/sink.ts';
import type { DeadLetter } from '../../src/message/deadLetter.ts';

/** What a connector gives the suites: processes over one broker. */
export interface BusHarness {
  /** A process. The same name is the same process started again. Closed by `close`. */
  bus(instance: string): Bus;
  /** The process is gone without a word: nothing is released, nothing more is answered. Resolves when others may find out. */
  crash(bus: Bus): Promise<void>;
  close(): Promise<void>;
}

/** A topic that no other test uses, not made yet. */
export function testTopic(over: Partial<Topic> = {}): Topic {
  const name = `t-${randomUUID()}`;
  return { name, deadLetters: `${name}.dlt`, partitions: 1, maxSizeBytes: 1_048_576, ...over };
}

/** A topic that no other test uses, made on the broker. */
export async function aTopic(bus: Bus, over: Partial<Topic> = {}): Promise<Topic> {
  const topic = testTopic(over);
  await bus.provide([topic]);
  return topic;
}

/** A message whose value is its number as text; keys are dealt in turn. */
export function aMessage(number: number, keys = 1): Outgoing {
  return { key: `k${number % keys}`, value: Buffer.from(String(number)) };
}

/** The messages numbered `from` to `to`, both included. */
export function messages(from: number, to: number, keys = 1): readonly Outgoing[] {
  return Array.from({ length: to - from + 1 }, (_, index) => aMessage(from + index, keys));
}

export async function publish(bus: Bus, topic: Topic, some: readonly Outgoing[]): Promise<void> {
  const sink = bus.publish(topic);
  await sink.write(some);
  await sink.close();
}

/** A dead letter with defaults. */
export function aDeadLetter(over: Partial<DeadLetter> = {}): DeadLetter {
  return {
    original: Buffer.from('x'),
    key: 'k1',
    headers: new Map(),
    partition: 'topic/1',
    position: '5-1',
    pipeline: 'test.pipeline',
    stage: 'send',
    code: 'refused',
    text: 'permanent: no such mailbox',
    attempts: 2,
    diedAt: new Date('2026-11-01T00:00:00Z'),
    ...over,
  };
}
