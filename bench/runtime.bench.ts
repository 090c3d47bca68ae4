import { bufferCount, concatMap, count, from, lastValueFrom, of, type Observable } from 'rxjs';
import { mapChunk } from '../operators/mapChunk.ts';
import { memorySource } from '../src/connectors/memory/memorySource.ts';
import type { Delivery } from '../src/message/message.ts';
import { runChain } from '../src/runtime/runChain.ts';
import type { Benchmark } from './benchmark.ts';
import { chainParts, completed } from './chainParts.ts';

const chunkSize = 1_000;
const noHeaders: ReadonlyMap<string, string> = new Map();
const value = new Uint8Array(64);

/**
 * What the runtime itself costs: messages from memory go through room, `mapChunk` and settling, and nothing is done with them.
 * Ceiling: a bare RxJS chain of `bufferCount` and `concatMap` over the same messages, which also leave it singly, without any
 * accounting. There is no baseline: what other runtimes do beside handing messages on differs too much.
 */
export const runtime: Benchmark = {
  name: 'runtime',
  unit: 'messages',
  size: 2_000_000,
  open: (size) =>
    Promise.resolve({
      entrants: { ours: { run: () => ours(size) }, ceiling: { run: () => bareChain(size) } },
      close: () => Promise.resolve(),
    }),
};

async function ours(size: number): Promise<number> {
  const source = memorySource(deliveries(size));
  const chain = runChain<Uint8Array>({
    ...chainParts('bench.runtime', { window: 4 * chunkSize, maxSpan: 40 * chunkSize }),
    source,
    chain: (message$) => message$.pipe(mapChunk(nothing, { size: chunkSize, maxWaitMs: 50 })),
  });
  await completed(chain);
  return chain.counts().done;
}

function bareChain(size: number): Promise<number> {
  const chain$ = from(deliveries(size)).pipe(
    bufferCount(chunkSize),
    concatMap((chunk) => chunk),
    count(),
  );
  return lastValueFrom(chain$, { defaultValue: 0 });
}

function nothing<T>(values: readonly T[]): Observable<readonly T[]> {
  return of(values);
}

/** The same for every contestant; made while they are read, so that no run walks over a heap of them. */
function* deliveries(size: number): Generator<Delivery> {
  for (let index = 0; index < size; index += 1) {
    const position = String(index);
    yield { key: position, headers: noHeaders, partition: 'memory', epoch: 1, position, attempt: 1, value };
  }
}
