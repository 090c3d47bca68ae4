import { of, type Observable } from 'rxjs';
import { mapChunk } from '../operators/mapChunk.ts';
import { mapEach } from '../operators/mapEach.ts';
import { memorySource } from '../src/connectors/memory/memorySource.ts';
import type { Delivery } from '../src/message/message.ts';
import { runChain, type RunMeter } from '../src/runtime/runChain.ts';
import type { Benchmark } from './benchmark.ts';
import { chainParts, completed } from './chainParts.ts';

const chunkSize = 500;
const noHeaders: ReadonlyMap<string, string> = new Map();

/** Measures nothing. */
const deaf: RunMeter = { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined };

/**
 * What it costs a pipeline that it is measured: a chain that decides and records, with the metrics of the daemon, beside the same with a meter
 * that does nothing (the ceiling). A message does some microseconds of work, as little as any of ours: reads a small JSON text and writes it.
 */
export const instrumentation: Benchmark = {
  name: 'instrumentation',
  unit: 'messages',
  size: 500_000,
  open: (size) =>
    Promise.resolve({
      entrants: { ours: { run: () => run(size) }, ceiling: { run: () => run(size, deaf) } },
      close: () => Promise.resolve(),
    }),
};

async function run(size: number, meter?: RunMeter): Promise<number> {
  const parts = chainParts('bench.instrumentation', { window: 4 * chunkSize, maxSpan: 40 * chunkSize });
  const chain = runChain<Uint8Array>({
    ...parts,
    ...(meter === undefined ? {} : { meter }),
    source: memorySource(deliveries(size)),
    chain: (message$) => message$.pipe(mapEach(decide), mapChunk(record, { size: chunkSize, maxWaitMs: 50 })),
  });
  await completed(chain);
  return chain.counts().done;
}

function decide(value: Uint8Array): string {
  const { id, lines } = JSON.parse(Buffer.from(value).toString()) as { readonly id: number; readonly lines: readonly number[] };
  return JSON.stringify({ id, sum: lines.reduce((sum, line) => sum + line, 0) });
}

function record<T>(values: readonly T[]): Observable<readonly T[]> {
  return of(values);
}

function* deliveries(size: number): Generator<Delivery> {
  for (let index = 0; index < size; index += 1) {
    const position = String(index);
    const value = Buffer.from(`{"id":${index},"lines":[1,2,3,4,5]}`);
    yield { key: position, headers: noHeaders, partition: 'memory', epoch: 1, position, attempt: 1, value };
  }
}
