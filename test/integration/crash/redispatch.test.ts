import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { seoulMinute } from '../../../pipelines/billing/seoulTime.ts';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { delivered } from './deliveryFlaws.ts';
import { readEmailStream } from './emailStream.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

/** One partition after another, small chunks: so what the wire shows is one line of events. */
const small = ['jobs.pageSize=5', 'jobs.partitionsAtOnce=1', 'billing.redispatch.chunk.size=5'].flatMap((set) => ['--set', set]);

interface Wire {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  readonly kill: () => void;
}

/**
 * A dispatched month whose messages Redis has lost. Of its 59 bills, 20 are due again after quiet hours, 10 were claimed by a
 * process that died, and the other 29 have waited for two hours.
 */
async function aMonthToBringBack(): Promise<MonthToBill> {
  const month = await aMonth({ members: 60 });
  const { database, environment, billing, lastDay } = month;
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', lastDay);
  const redis = new Redis(environment['WEIR_REDIS_URL'] ?? '', { lazyConnect: true });
  await redis.connect();
  await redis.del(emailTopic.name);
  redis.disconnect();
  const numbered = 'SELECT id, row_number() OVER (ORDER BY id) AS place FROM billing.billing_p';
  await database.execute(`
    WITH numbered AS (${numbered})
    UPDATE billing.billing_p AS bill SET send_status = 'IN_QUIET_HOUR', next_attempt_at = now() - interval '1 minute'
    FROM numbered WHERE numbered.id = bill.id AND place <= 20`);
  await database.execute(`
    WITH numbered AS (${numbered}), claimed AS (
      UPDATE billing.billing_p AS bill
      SET send_status = 'SENDING', send_token = bill.id, lease_owner = 'dead', lease_until = clock_timestamp() - interval '1 second', attempts = 1
      FROM numbered WHERE numbered.id = bill.id AND place > 20 AND place <= 30 RETURNING bill.id, bill.billing_date
    )
    INSERT INTO billing.send_attempt (id, billing_id, billing_date, number, channel, is_forced, instance, started_at)
    SELECT id, id, billing_date, 1, 'EMAIL', false, 'dead', now() FROM claimed`);
  await database.execute(`UPDATE billing.billing_p SET pending_since = now() - interval '2 hours' WHERE send_status = 'SEND_PENDING'`);
  return month;
}

/** Runs the redispatch behind proxies, one of which kills its process. */
async function killed({ environment }: MonthToBill, key: string, plan: (wire: Wire) => void): Promise<void> {
  const database = await through(environment['WEIR_DATABASE_URL']);
  const redis = await through(environment['WEIR_REDIS_URL']);
  const proxied = { ...environment, WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url };
  const weir = startWeir(proxied, 'run', '--job', 'billing.redispatch', '--key', key, ...small);
  plan({ database: database.proxy, redis: redis.proxy, kill: () => weir.signal('SIGKILL') });
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}

const onDatabase =
  (marker: string, how: Strike, nth = 1) =>
  ({ database, kill }: Wire): void =>
    void database.strike(marker, how, { nth, call: kill });

const onRedis =
  (how: Strike) =>
  ({ redis, kill }: Wire): void =>
    void redis.strike('xadd', how, { nth: 2, call: kill });

/** At the COMMIT of a chunk whose bills were marked. */
const atCommit =
  (how: Strike) =>
  ({ database, kill }: Wire): void => {
    void database.strike('billing.markAgain', 'pass', { nth: 2, call: () => void database.strike('COMMIT', how, { call: kill }) });
  };

/** At the COMMIT of a chunk whose bills were parked. */
const atParking =
  (how: Strike) =>
  ({ database, kill }: Wire): void => {
    void database.strike('billing.park', 'pass', { call: () => void database.strike('COMMIT', how, { call: kill }) });
  };

it.each([
  ['before its plan is written', onDatabase('INSERT INTO weir.job_partition', 'cutBefore')],
  ['after the claim of a partition, before it knows', onDatabase('weir-job-claim-partitions', 'cutAfter')],
  ['after it read a page', onDatabase('billing.page.due', 'cutAfter')],
  ['in a chunk, before its bills are marked', onDatabase('billing.markAgain', 'cutBefore', 2)],
  ['before a COMMIT of marked bills reaches the server', atCommit('cutBefore')],
  ['after a COMMIT of marked bills, before it hears of it', atCommit('cutAfter')],
  ['before a COMMIT of parked bills reaches the server', atParking('cutBefore')],
  ['after a COMMIT of parked bills, before it hears of it', atParking('cutAfter')],
  ['after it marked bills, before it publishes them', onRedis('cutBefore')],
  ['after it published, before it hears of it', onRedis('cutAfter')],
  ['when all is published, before that is written down', onDatabase('weir-job-complete-partition', 'cutBefore', 3)],
] as const)('a redispatch that is killed %s forgets nobody, and nobody gets two mails', async (_, plan) => {
  const month = await aMonthToBringBack();
  const { environment, database } = month;
  const key = seoulMinute(new Date());
  await killed(month, key, plan);

  // It is told nothing: it finds the run that nobody works on, and delivers what is there meanwhile.
  const daemon = startWeir(environment, 'run', '--profile', 'producer,consumer', ...small);
  await daemon.logged('run left', { job: 'billing.redispatch', key, state: 'completed' });
  await until('all messages are settled', async () => (await readEmailStream(environment['WEIR_REDIS_URL'])).unsettled === 0, {
    limitMs: 60_000,
  });
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });

  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: 49, FAILED: 0, waiting: 0, parked: 10 } });
  const run = { text: 'SELECT status FROM weir.job_run WHERE job = $1 AND key = $2', values: ['billing.redispatch', key] };
  expect(await database.query(run)).toEqual([{ status: 'COMPLETED' }]);
});
