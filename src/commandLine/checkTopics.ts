import type { Bus, Topic } from '../connectors/bus.ts';
import { kindOf } from '../errors.ts';

/** Throws `schemaMismatch` or `invalidOption`, with what to do, where the bus lacks topics or lets nobody read them. One that does not answer is met by whoever reads it. */
export async function checkTopics(bus: Bus, topics: readonly Topic[]): Promise<void> {
  try {
    await bus.check(topics);
  } catch (error) {
    if (kindOf(error) !== 'transient') throw error;
  }
}
