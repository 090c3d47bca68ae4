import { beforeAll } from 'vitest';
import type { Bus } from '../../../src/connectors/bus.ts';
import type { BusHarness } from '../../conformance/busHarness.ts';
import { deadLetterSuite } from '../../conformance/deadLetterSuite.ts';
import { sinkSuite } from '../../conformance/sinkSuite.ts';
import { sourceSuite } from '../../conformance/sourceSuite.ts';
import { aRedis } from '../../support/services.ts';
import { aRedisBus } from './aRedisBus.ts';

let url: string;
beforeAll(async () => {
  url = await aRedis();
});

function start(): Promise<BusHarness> {
  const buses: Bus[] = [];
  return Promise.resolve({
    bus: (instance) => {
      const bus = aRedisBus(url, { instance });
      buses.push(bus);
      return bus;
    },
    // A reading that was cut is renewed no more; to Redis that is a process that is gone.
    crash: () => Promise.resolve(),
    close: async () => {
      for (const bus of buses) await bus.close();
    },
  });
}

sourceSuite('Redis Streams', start);
sinkSuite('Redis Streams', start);
deadLetterSuite('Redis Streams', start);
