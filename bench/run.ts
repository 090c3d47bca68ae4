import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { table } from '../src/commandLine/table.ts';
import { accountLinksBenchmark } from './accountLinks.bench.ts';
import type { Benchmark } from './benchmark.ts';
import { cumulativeBenchmark } from './cumulative.bench.ts';
import { dailyReportBenchmark } from './dailyReport.bench.ts';
import { consoleBenchmark } from './console.bench.ts';
import { deliverBenchmark } from './deliver.bench.ts';
import { depositsSettle } from './depositsSettle.bench.ts';
import { dispatchBenchmark } from './dispatch.bench.ts';
import { hotAccount, hotAccountDeposits } from './hotAccount.bench.ts';
import { kafkaConsume } from './kafkaConsume.bench.ts';
import { kafkaDeliver } from './kafkaDeliver.bench.ts';
import { kafkaPublish } from './kafkaPublish.bench.ts';
import { measure } from './measure.ts';
import type { MeasureOptions } from './measureOptions.ts';
import { jsonOf, resultOf, thisMachine, type Result } from './result.ts';
import { outboxBenchmark, outboxQueue } from './outbox.bench.ts';
import { redisConnections } from './redisConnections.bench.ts';
import { redisStream } from './redisStream.bench.ts';
import { instrumentation } from './instrumentation.bench.ts';
import { runtime } from './runtime.bench.ts';
import { reconcileBenchmark, reconcileWide } from './reconcile.bench.ts';
import { settleBenchmark } from './settle.bench.ts';
import { webhookAnswer } from './webhookAnswer.bench.ts';

const benchmarks: readonly Benchmark[] = [
  settleBenchmark,
  dispatchBenchmark,
  deliverBenchmark,
  consoleBenchmark,
  outboxBenchmark,
  outboxQueue,
  reconcileBenchmark,
  reconcileWide,
  webhookAnswer,
  hotAccount,
  hotAccountDeposits,
  dailyReportBenchmark,
  cumulativeBenchmark,
  depositsSettle,
  runtime,
  instrumentation,
  redisStream,
  redisConnections,
  accountLinksBenchmark,
  kafkaPublish,
  kafkaConsume,
  kafkaDeliver,
];

interface RunOptions {
  readonly runs: number;
  readonly size?: readonly number[];
  readonly patience: number;
  readonly json?: string;
}

const program = new Command('npm run bench --')
  .description('Measures Weir beside its baselines and its ceilings. Rates are medians of interleaved runs.')
  .argument('[names...]', `which: ${benchmarks.map(({ name }) => name).join(', ')}; all without one`)
  .option('--runs <count>', 'counted runs of each contestant', count, 3)
  .option('--size <units>', 'units of one run; repeatable', (text, sizes: readonly number[] | undefined) => [...(sizes ?? []), count(text)])
  .option('--patience <seconds>', 'how long a run waits for other programs to be quiet', count, 30)
  .option('--json <file>', 'writes the result too: of one benchmark an object, of more a list')
  .action(run);

await program.parseAsync();

async function run(names: readonly string[], options: RunOptions): Promise<void> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) program.error(`There is no benchmark ${unknown.join(', ')}.`);
  const results: Result[] = [];
  for (const benchmark of benchmarks) {
    if (names.length > 0 && !names.includes(benchmark.name)) continue;
    for (const size of options.size ?? [benchmark.size]) results.push(await result(benchmark, size, options));
  }
  console.log(render(results));
  if (options.json !== undefined) writeFileSync(options.json, jsonOf(results));
}

async function result(benchmark: Benchmark, size: number, { runs, patience }: RunOptions): Promise<Result> {
  const { name, unit } = benchmark;
  const tell: MeasureOptions['onProgress'] = (text) => console.error(`${name}: ${text}`);
  tell(`prepares ${size.toLocaleString('en-US')} ${unit}`);
  const contest = await benchmark.open(size);
  try {
    const measureOptions = { runs, patienceMs: patience * 1_000, onProgress: tell };
    const rates = await measure(contest.entrants, measureOptions);
    const facts = (await contest.facts?.(measureOptions)) ?? {};
    return resultOf({ name, unit: `${unit}/s`, size, facts, machine: thisMachine() }, rates);
  } finally {
    await contest.close();
  }
}

function render(results: readonly Result[]): string {
  const head = ['name', 'unit', 'size', 'ours', 'baseline', 'ceiling', '÷ baseline', '÷ ceiling', 'disturbed'];
  const rows = results.map((one) => [
    ...[one.name, one.unit, one.size, one.ours, one.baseline ?? undefined, one.ceiling],
    ...[one.ratioToBaseline ?? undefined, one.ratioToCeiling ?? undefined, one.disturbedRuns],
  ]);
  const facts = results.flatMap(({ name, facts }) => Object.entries(facts).map(([what, value]) => `${name}: ${what} ${value}`));
  return [table(head, rows), ...facts].join('\n');
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(text);
}
