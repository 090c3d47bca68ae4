import { expect, it, vi } from 'vitest';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { delivered } from './deliveryFlaws.ts';
import { readEmailStream } from './emailStream.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const small = ['jobs.pageSize=10', 'billing.dispatch.chunk.size=10'].flatMap((set) => ['--set', set]);

interface Wire {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  readonly kill: () => void;
}

/** Runs the dispatch behind proxies, one of which kills its process. */
async function killed({ environment, lastDay }: MonthToBill, plan: (wire: Wire) => void): Promise<void> {
  const database = await through(environment['WEIR_DATABASE_URL']);
  const redis = await through(environment['WEIR_REDIS_URL']);
  const proxied = { ...environment, WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url };
  const weir = startWeir(proxied, 'run', '--job', 'billing.dispatch', '--key', lastDay, ...small);
  plan({ database: database.proxy, redis: redis.proxy, kill: () => weir.signal('SIGKILL') });
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}

/** How many bills are marked, and how many messages there are. */
async function standing({ database, environment }: MonthToBill): Promise<{ readonly marked: number; readonly messages: number }> {
  const [row] = await database.query<{ marked: number }>(
    `SELECT count(*)::integer AS marked FROM billing.billing_p WHERE send_status = 'SEND_PENDING'`,
  );
  const { billIds } = await readEmailStream(environment['WEIR_REDIS_URL']);
  return { marked: row?.marked ?? 0, messages: billIds.length };
}

/** At the publishing of the third chunk. */
const onRedis =
  (how: Strike) =>
  ({ redis, kill }: Wire): void =>
    void redis.strike('xadd', how, { nth: 3, call: kill });

const onDatabase =
  (marker: string, how: Strike, nth = 1) =>
  ({ database, kill }: Wire): void =>
    void database.strike(marker, how, { nth, call: kill });

/** At the COMMIT of the third chunk. */
const atCommit =
  (how: Strike) =>
  ({ database, kill }: Wire): void => {
    void database.strike('billing.markDispatched', 'pass', { nth: 3, call: () => void database.strike('COMMIT', how, { call: kill }) });
  };

// The next chunk is marked while one is published: at a mark the messages before it may be on their way, and at a publishing the
// next mark may be done.
it.each([
  ['before its plan is written', { marked: [0], messages: [0] }, onDatabase('INSERT INTO weir.job_partition', 'cutBefore')],
  ['after the claim of a partition, before it knows', { marked: [0], messages: [0] }, onDatabase('weir-job-claim-partitions', 'cutAfter')],
  ['after it read its first page', { marked: [0], messages: [0] }, onDatabase('billing.pageDue', 'cutAfter')],
  ['in a chunk, before its bills are marked', { marked: [20], messages: [10, 20] }, onDatabase('billing.markDispatched', 'cutBefore', 3)],
  ['before a COMMIT reaches the server', { marked: [20], messages: [10, 20] }, atCommit('cutBefore')],
  ['after a COMMIT reached the server, before its answer', { marked: [30], messages: [10, 20] }, atCommit('cutAfter')],
  ['after it marked bills, before it publishes them', { marked: [30, 40], messages: [20] }, onRedis('cutBefore')],
  ['after it published, before it hears of it', { marked: [30, 40], messages: [30] }, onRedis('cutAfter')],
  [
    'after it published all, before that is written down',
    { marked: [59], messages: [59] },
    onDatabase('weir-job-complete-partition', 'cutBefore'),
  ],
] as const)('a dispatch that is killed %s loses no message, and nobody gets two mails', async (_, expected, plan) => {
  const month = await aMonth({ members: 60 });
  const { environment, billing, database } = month;
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await killed(month, plan);
  const { marked, messages } = await standing(month);
  expect(expected.messages).toContain(messages);
  expect(expected.marked).toContain(marked);

  // It is told nothing: it finds the run that nobody works on, and delivers what is there meanwhile.
  const daemon = startWeir(environment, 'run', '--profile', 'producer,consumer', ...small);
  await daemon.logged('run left', { job: 'billing.dispatch', state: 'completed' });
  const stream = await until(
    'all messages are settled',
    async () => {
      const now = await readEmailStream(environment['WEIR_REDIS_URL']);
      return now.unsettled === 0 ? now : undefined;
    },
    { limitMs: 60_000 },
  );
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  const due = await database.query<{ id: bigint }>('SELECT id FROM billing.billing_p');
  expect(new Set(stream.billIds)).toEqual(new Set(due.map(({ id }) => id.toString())));
  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: 59, FAILED: 0, waiting: 0, parked: 0 } });
});
