import { describe } from 'vitest';
import type { Bus } from '../../../src/connectors/bus.ts';
import type { BusHarness } from '../../conformance/busHarness.ts';
import { deadLetterSuite } from '../../conformance/deadLetterSuite.ts';
import { sinkSuite } from '../../conformance/sinkSuite.ts';
import { sourceSuite } from '../../conformance/sourceSuite.ts';
import { sharedKafka } from '../../support/services.ts';
import { aKafkaBus } from './aKafkaBus.ts';

const brokers = sharedKafka();

describe.skipIf(brokers === undefined)('Kafka', () => {
  sourceSuite('Kafka', start);
  sinkSuite('Kafka', start);
  deadLetterSuite('Kafka', start);
});

function start(): Promise<BusHarness> {
  const buses: Bus[] = [];
  return Promise.resolve({
    bus: (instance) => {
      const bus = aKafkaBus(brokers ?? '', { instance });
      buses.push(bus);
      return bus;
    },
    // A reading that was cut leaves its group; to the others that is a process that is gone, found out at once.
    crash: () => Promise.resolve(),
    close: async () => {
      await Promise.all(buses.map((bus) => bus.close()));
    },
  });
}
