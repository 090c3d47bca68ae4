import { describe, expect, it, vi } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { aRedisBroker, overEachBroker, type Broker } from './brokers.ts';
import { delivered } from './deliveryFlaws.ts';
import { areAllSettled } from './emailMessages.ts';
import { weirHere } from './weirHere.ts';
import { atCommit, atPublishing, killed, onDatabase, type Moment } from './wire.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

/** One partition after another, small chunks: so what the wire shows is one line of events. */
const small = ['jobs.pageSize=5', 'jobs.partitionsAtOnce=1', 'billing.redispatch.chunk.size=5'].flatMap((set) => ['--set', set]);

/**
 * A dispatched month whose messages the broker has lost. Of its 59 bills, 20 are due again after quiet hours, 10 were claimed by a
 * process that died, and the other 29 have waited for two hours.
 */
async function aMonthToBringBack(broker: Broker): Promise<MonthToBill> {
  const month = await aMonth({ members: 60, ...broker.place });
  const { database, environment, billing, lastDay } = month;
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', lastDay);
  await broker.lose(emailTopic);
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

/** Has a redispatch killed, and what it left finished by a daemon. */
async function outlived(broker: Broker, moment: Moment): Promise<void> {
  const month = await aMonthToBringBack(broker);
  const { environment, database } = month;
  const key = seoulMinute(new Date());
  const redispatch = ['run', '--job', 'billing.redispatch', '--key', key, ...small];
  await killed(month, broker, (proxied) => startWeir(proxied, ...redispatch), moment);

  // It is told nothing: it finds the run that nobody works on, and delivers what is there meanwhile.
  const daemon = startWeir(environment, 'run', '--profile', 'producer,consumer', ...small);
  await daemon.logged('run left', { job: 'billing.redispatch', key, state: 'completed' });
  await until('all messages are settled', () => areAllSettled(month), { limitMs: 60_000 });
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });

  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: 49, FAILED: 0, waiting: 0, parked: 10 } });
  const run = { text: 'SELECT status FROM weir.job_run WHERE job = $1 AND key = $2', values: ['billing.redispatch', key] };
  expect(await database.query(run)).toEqual([{ status: 'COMPLETED' }]);
}

describe('a redispatch forgets nobody, and nobody gets two mails, when it is killed', () => {
  // What it says to the database is the same over any bus.
  it.each([
    ['before its plan is written', onDatabase('INSERT INTO weir.job_partition', 'cutBefore')],
    ['after the claim of a partition, before it knows', onDatabase('weir-job-claim-partitions', 'cutAfter')],
    ['after it read a page', onDatabase('billing.page.due', 'cutAfter')],
    ['in a chunk, before its bills are marked', onDatabase('billing.markAgain', 'cutBefore', 2)],
    ['before a COMMIT of marked bills reaches the server', atCommit('billing.markAgain', 'cutBefore', 2)],
    ['after a COMMIT of marked bills, before it hears of it', atCommit('billing.markAgain', 'cutAfter', 2)],
    ['before a COMMIT of parked bills reaches the server', atCommit('billing.park', 'cutBefore')],
    ['after a COMMIT of parked bills, before it hears of it', atCommit('billing.park', 'cutAfter')],
    ['when all is published, before that is written down', onDatabase('weir-job-complete-partition', 'cutBefore', 3)],
  ] as const)('%s', async (_, moment) => {
    await outlived(await aRedisBroker(), moment);
  });

  overEachBroker((start) => {
    it.each([
      ['after it marked bills, before it publishes them', atPublishing(emailTopic, 'cutBefore', 2)],
      ['after it published, before it hears of it', atPublishing(emailTopic, 'cutAfter', 2)],
    ] as const)('%s', async (_, moment) => {
      await outlived(await start(), moment);
    });
  });
});
