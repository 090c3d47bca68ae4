import type { Topic } from '../../src/connectors/bus.ts';

/**
 * The dead letters of a topic, read as a topic, and kept for those who replay them. Larger than any message of it: what was put aside for
 * its size is written too.
 */
export function deadLetterTopic({ deadLetters: name }: Pick<Topic, 'deadLetters'>): Topic {
  const retainMs = 90 * 86_400_000; // written letters can still be replayed
  return { name, deadLetters: `${name}.unlogged`, partitions: 1, maxSizeBytes: 16_777_216, retainMs };
}
