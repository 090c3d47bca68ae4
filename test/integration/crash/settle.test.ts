import { expect, it, vi } from 'vitest';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { settlementFlaws } from './settlementFlaws.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

/** Small pages and chunks, one partition after another: so what the wire shows is one line of events. */
const small = ['jobs.pageSize=10', 'jobs.partitionsAtOnce=1', 'billing.settle.chunk.size=10'].flatMap((set) => ['--set', set]);

/** Runs the settlement through a proxy that kills its process at a moment. */
async function killed(month: MonthToBill, plan: (proxy: TcpProxy, kill: () => void) => void): Promise<void> {
  const { proxy, url } = await through(month.environment['WEIR_DATABASE_URL']);
  const weir = startWeir(
    { ...month.environment, WEIR_DATABASE_URL: url },
    'run',
    '--job',
    'billing.settle',
    '--key',
    month.billing,
    ...small,
  );
  plan(proxy, () => weir.signal('SIGKILL'));
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}

/** Two processes that may take over: the next try of whoever started the first, or a daemon that nobody tells anything. */
const successors = {
  async 'a second run of the command'({ environment, billing }: MonthToBill): Promise<void> {
    await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing, ...small);
  },
  async 'a daemon'({ environment }: MonthToBill): Promise<void> {
    const weir = startWeir(environment, 'run', '--profile', 'billing-batch', ...small);
    await weir.logged('run left', { job: 'billing.settle', state: 'completed' });
    expect(await weir.stop(), weir.errors()).toEqual({ code: 0, signal: null });
  },
};

const at =
  (marker: string, how: Strike, nth = 1) =>
  (proxy: TcpProxy, kill: () => void): void => {
    void proxy.strike(marker, how, { nth, call: kill });
  };

/** At the COMMIT of the third chunk. */
const atCommit =
  (how: Strike) =>
  (proxy: TcpProxy, kill: () => void): void => {
    void proxy.strike('billing.insertBills', 'pass', { nth: 3, call: () => at('COMMIT', how)(proxy, kill) });
  };

it.each([
  ['before its plan is written', 0, 'a daemon', at('INSERT INTO weir.job_partition', 'cutBefore')],
  ['after the claim of a partition, before it knows', 0, 'a second run of the command', at('weir-job-claim-partitions', 'cutAfter')],
  ['after the claim of a partition, before its first page', 0, 'a daemon', at('billing.settlePage', 'cutBefore')],
  ['after it read a page', 0, 'a second run of the command', at('billing.settlePage', 'cutAfter')],
  ['after its second page, before a chunk of it is written', 10, 'a daemon', at('billing.insertBills', 'cutBefore', 2)],
  ['in a chunk, between its bills and their lines', 20, 'a second run of the command', at('billing.insertLines', 'cutBefore', 3)],
  ['before a COMMIT reaches the server', 20, 'a daemon', atCommit('cutBefore')],
  ['after a COMMIT reached the server, before its answer', 30, 'a second run of the command', atCommit('cutAfter')],
  ['between two chunks', 30, 'a daemon', at('weir-job-advance-partition', 'cutBefore', 4)],
  ['when all is billed, before it is said', 119, 'a second run of the command', at(`SET status = 'COMPLETED'`, 'cutBefore')],
] as const)('a settlement that is killed %s (%i bills) is completed by %s', async (_, bills, successor, plan) => {
  const month = await aMonth({ members: 120 });
  await killed(month, plan);
  expect(await month.database.query('SELECT count(*)::integer AS bills FROM billing.billing_p')).toEqual([{ bills }]);
  await successors[successor](month);
  expect(await settlementFlaws(month)).toEqual([]);
});
