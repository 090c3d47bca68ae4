import { startKafka } from '../../stack/kafka.ts';
import { kafkaBinaries } from '../../stack/kafkaBinaries.ts';
import type { Service } from '../../stack/service.ts';

/**
 * Starts the suite's Kafka; undefined where it cannot be had: the tests that need it are then skipped with the reason on the
 * screen. With CI set in the environment that is a failure.
 */
export async function kafkaHere(): Promise<Service | undefined> {
  try {
    await kafkaBinaries();
  } catch (error) {
    if ((process.env['CI'] ?? '') !== '') throw error;
    console.warn(`skipped: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  return startKafka();
}
