import type { Bus } from '../../../src/connectors/bus.ts';
import { createMemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import { MemoryStore } from '../../../src/connectors/memory/memoryStore.ts';
import type { BusHarness } from '../../conformance/busHarness.ts';
import { deadLetterSuite } from '../../conformance/deadLetterSuite.ts';
import { sinkSuite } from '../../conformance/sinkSuite.ts';
import { sourceSuite } from '../../conformance/sourceSuite.ts';

function start(): Promise<BusHarness> {
  const store = new MemoryStore();
  const buses: Bus[] = [];
  return Promise.resolve({
    bus: () => {
      const bus = createMemoryBus({ store });
      buses.push(bus);
      return bus;
    },
    crash: () => Promise.resolve(),
    close: async () => {
      for (const bus of buses) await bus.close();
    },
  });
}

sourceSuite('the memory bus', start);
sinkSuite('the memory bus', start);
deadLetterSuite('the memory bus', start);
