import { Redis } from 'ioredis';
import { mergeMapEach } from '../../../operators/mergeMapEach.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { runChain } from '../../../src/runtime/runChain.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { silent } from '../../support/aSpec.ts';
import { anEffect } from '../../support/effectOptions.ts';
import { aRedisBus } from './aRedisBus.ts';

/**
 * A process with three readers of a stream. Its effect counts each value in a hash of Redis. Begin: through which address it reads, the
 * address at which it counts, the stream, and its name. SIGTERM drains it.
 */
const [through = '', direct = '', stream = '', instance = ''] = process.argv.slice(2);
const counts = new Redis(direct);
const bus = aRedisBus(through, { instance, trimEveryMs: 100 });

async function remember(value: Uint8Array): Promise<Uint8Array> {
  await counts.hincrby(`${stream}:seen`, Buffer.from(value).toString(), 1);
  return value;
}

const chain = runChain<Uint8Array>({
  name: 'test.remember',
  source: bus.subscribe(testTopic({ name: stream, deadLetters: `${stream}.dlt` }), { group: 'g', readers: 3 }),
  chain: (message$) => message$.pipe(mergeMapEach(remember, anEffect({ concurrency: 10, timeLimitMs: 5_000 }))),
  clock: realClock,
  meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
  log: silent,
  limits: { window: 30, maxSpan: 300 },
  stopTimeoutMs: 5_000,
});
process.once('SIGTERM', () => chain.drain());
const end = await chain.ended;
await bus.close();
counts.disconnect();
process.exitCode = end.how === 'completed' ? 0 : 1;
