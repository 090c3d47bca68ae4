import type { Redis } from 'ioredis';
import type { Entrant } from '../benchmark.ts';
import type { MeasureOptions } from '../measureOptions.ts';
import { median } from '../statistics.ts';
import { fillStream, requireAcknowledged, type BenchStream } from './benchStream.ts';
import { readCount } from './readByChain.ts';

/** One by one is so much slower that a part of the work tells its rate. */
const oneByOneShare = 0.1;

/** A loop of XREADGROUP and one XACK for what it read, without handling, back-pressure, or anything for a failure. */
export function plainLoop(client: Redis, size: number, stream: BenchStream): Entrant {
  return {
    prepare: () => fillStream(client, size, stream),
    run: () => readAll(client, size, stream, (ids) => client.xack(stream.name, stream.group, ...ids)),
    check: () => requireAcknowledged(client, size, stream),
  };
}

/** The same loop as most write it: each entry acknowledged by itself, and that awaited. Over a part of the entries. */
export async function oneByOne(
  client: Redis,
  size: number,
  stream: BenchStream,
  { runs }: MeasureOptions,
): Promise<Readonly<Record<string, string>>> {
  const part = Math.max(1, Math.round(size * oneByOneShare));
  const rates: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    await fillStream(client, part, stream);
    const startedMs = performance.now();
    await readAll(client, part, stream, async (ids) => {
      for (const id of ids) await client.xack(stream.name, stream.group, id);
      return ids.length;
    });
    // The first round warms compilers.
    if (run > 0) rates.push(part / ((performance.now() - startedMs) / 1_000));
  }
  return { 'a plain loop that acknowledges one by one:': `${Math.round(median(rates))}/s` };
}

async function readAll(
  client: Redis,
  size: number,
  { name, group }: BenchStream,
  acknowledge: (ids: readonly string[]) => Promise<number>,
): Promise<number> {
  let acknowledged = 0;
  while (acknowledged < size) {
    const reply = await client.xreadgroup('GROUP', group, 'plain', 'COUNT', readCount, 'STREAMS', name, '>');
    const [[, entries]] = reply as [[string, [string, string[]][]]];
    const done = await acknowledge(entries.map(([id]) => id));
    acknowledged += done;
  }
  return acknowledged;
}
