import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { MeasureOptions } from '../measureOptions.ts';
import { fillStream } from '../redisStream/benchStream.ts';
import { readByChain } from '../redisStream/readByChain.ts';
import { median, percentile } from '../statistics.ts';
import { arrangements, type Arrangement } from './arrangement.ts';
import { ForeignCommands } from './foreignCommands.ts';
import { readPlainly } from './readPlainly.ts';

/** How many readers are compared. */
const readerCounts = [1, 4, 16];

/** Readers of Weir itself. */
const weirReaderCounts = [1, 2, 4, 16];

/** How long readers are left waiting, and time between two commands of others, in milliseconds. */
const waitingMs = 3_000;
const askEveryMs = 2;

/** What one run of an arrangement gave: entries per second, and how long commands of others took. */
interface Finding {
  readonly rate: number;
  readonly busyMs: readonly number[];
  readonly waitingMs: readonly number[];
}

/**
 * Every arrangement with every number of readers, in turns: entries read and acknowledged per second, and the median, the 99th and
 * the 99.9th percentile of a GET meanwhile and while the readers wait for entries. Each figure is the median of all runs.
 */
export async function compareArrangements(
  url: string,
  size: number,
  { runs, onProgress }: MeasureOptions,
): Promise<Readonly<Record<string, string>>> {
  const cells = readerCounts.flatMap((readers) => arrangements.map((arrangement) => ({ readers, arrangement, findings: [] as Finding[] })));
  const rates = weirReaderCounts.map((readers) => ({ readers, found: [] as number[] }));
  for (let run = 1; run <= runs; run += 1) {
    for (const { readers, arrangement, findings } of cells) {
      onProgress(`connections, run ${run} of ${runs}: ${readers} readers, ${arrangement.name}`);
      findings.push(await find(url, size, arrangement, readers));
    }
    for (const { readers, found } of rates) found.push(await rateOfWeir(url, size, readers));
  }
  return Object.fromEntries([
    ...cells.map(({ readers, arrangement, findings }) => [`${readers} readers, ${arrangement.name}:`, sentence(findings)]),
    ...rates.map(({ readers, found }) => [`Weir with ${readers} readers:`, `${Math.round(median(found))}/s`]),
  ]) as Readonly<Record<string, string>>;
}

async function find(url: string, size: number, arrangement: Arrangement, readers: number): Promise<Finding> {
  const filler = new Redis(url);
  await fillStream(filler, size);
  const connections = arrangement.open(url, readers);
  await connections.command().ping();
  const busy = new ForeignCommands(connections, askEveryMs);
  const startedMs = performance.now();
  const reading = readPlainly(connections, arrangement, readers);
  await reading.acknowledged(size);
  const rate = size / ((performance.now() - startedMs) / 1_000);
  await busy.stop();
  const waiting = new ForeignCommands(connections, askEveryMs);
  await delay(waitingMs);
  await Promise.all([waiting.stop(), reading.stop()]);
  connections.close();
  filler.disconnect();
  return { rate, busyMs: busy.timesMs, waitingMs: waiting.timesMs };
}

async function rateOfWeir(url: string, size: number, readers: number): Promise<number> {
  const filler = new Redis(url);
  await fillStream(filler, size);
  filler.disconnect();
  const startedMs = performance.now();
  await readByChain(url, size, { readers });
  return size / ((performance.now() - startedMs) / 1_000);
}

function sentence(findings: readonly Finding[]): string {
  const rate = Math.round(median(findings.map((finding) => finding.rate)));
  const times = (of: (finding: Finding) => readonly number[]): string =>
    [0.5, 0.99, 0.999].map((share) => median(findings.map((finding) => percentile(of(finding), share))).toFixed(2)).join(' ');
  return `${rate}/s, GET ${times(({ busyMs }) => busyMs)} ms, while waiting ${times(({ waitingMs: some }) => some)} ms`;
}
