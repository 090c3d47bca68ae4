import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { daemonMemory } from './deliver/daemonMemory.ts';
import { openDeliver, type DeliverContest } from './deliver/deliverContest.ts';
import { requireCompleted } from './deliver/fillBills.ts';
import type { SlowMails } from './deliver/sinkProcess.ts';
import { measure } from './measure.ts';
import type { MeasureOptions } from './measureOptions.ts';
import { median, ratio } from './statistics.ts';

/**
 * Delivering bills: the pipeline `billing.deliver` from the bus to the mail server, decryption, claim, rendering and record included.
 * Baseline: a plain loop with nodemailer's pool and an update for each mail. Ceiling: composed mails fed to nodemailer's own SMTP
 * connections. All of them send to the same mail server, which does nothing.
 */
export const deliverBenchmark: Benchmark = { name: 'deliver', unit: 'mails', size: 30_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const contest = await openDeliver(size, started);
  const ours = (slow?: SlowMails): Entrant => contest.weir(contest.redis, slow);
  const all = started.move();
  return {
    entrants: { ours: ours(), baseline: contest.plain, ceiling: contest.composed },
    facts: async (options) => ({
      ...(await slowFacts(ours, options)),
      'resident memory of the daemon, MB at most in each tenth of the mails': await memory(contest, ours(), size),
    }),
    close: () => all.disposeAsync(),
  };
}

async function memory({ client, sink, redis }: DeliverContest, ours: Entrant, size: number): Promise<string> {
  await ours.prepare?.();
  const highest = await daemonMemory(redis.addresses, sink, size);
  await requireCompleted(client, size);
  return highest.join(', ');
}

/** How the rate fares when some mails are slow, as a share of the undisturbed one: measured like an entrant, in turns with it. */
async function slowFacts(ours: (slow?: SlowMails) => Entrant, options: MeasureOptions): Promise<Readonly<Record<string, number>>> {
  const slow = ours({ every: 100, delayMs: 200 });
  const stalled = ours({ every: 1_000, delayMs: 3_000 });
  const rates = await measure({ ours: slow, baseline: stalled, ceiling: ours() }, options);
  const undisturbed = median(rates.ceiling);
  return {
    'rate with 1 % of mails taking 200 ms ÷ undisturbed': ratio(median(rates.ours), undisturbed) ?? 0,
    'rate with 0.1 % of mails taking 3 s ÷ undisturbed': ratio(median(rates.baseline ?? []), undisturbed) ?? 0,
  };
}
