import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Transaction } from '../../../src/connectors/database.ts';
import type { Outgoing } from '../../../src/connectors/sink.ts';
import { WeirError } from '../../../src/errors.ts';
import { dryRunSheet } from '../../../src/commandLine/dryRunSheet.ts';
import { dryRun } from '../../../src/runtime/jobs/dryRun.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { claimOf, sent } from '../../../pipelines/billing/delivery.ts';
import { Decision } from '../../../src/message/decision.ts';
import { aBilling, billRow, emptied, pending, sendable, type Billing } from './aBilling.ts';

let billing: Billing;
let published: string[];

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(async () => {
  await emptied(billing);
  published = [];
});

interface Circumstances {
  readonly oldestUnsettledAt?: Date;
  readonly write?: () => void;
  /** Called in the transaction of each chunk, before and after its bills are marked or parked. */
  readonly marking?: (transaction: Transaction, when: 'before' | 'after') => Promise<void> | void;
}

/** The job with ports of its own, at a minute of Seoul's clock. */
function aRedispatch(key: string, { oldestUnsettledAt, write, marking }: Circumstances = {}): ReturnType<Billing['spec']> {
  billing.setNow(`${key}:00+09:00`);
  const spec = billing.spec('billing.redispatch', key, { chunk: { size: 10 } });
  const emails = {
    write: (messages: readonly Outgoing[]) => {
      write?.();
      published.push(...messages.map((message) => message.key));
      return Promise.resolve();
    },
  };
  const { redispatches } = spec.ports;
  const markAgain: typeof redispatches.markAgain = async (transaction, bills) => {
    await marking?.(transaction, 'before');
    const answers = await redispatches.markAgain(transaction, bills);
    await marking?.(transaction, 'after');
    return answers;
  };
  const ports = { ...spec.ports, emails, redispatches: { ...redispatches, markAgain } };
  return { ...spec, ports: { ...ports, oldestUnsettledAt: () => Promise.resolve(oldestUnsettledAt) } };
}

/** Runs at a minute of Seoul's clock; by default every message is settled. */
function redispatched(key: string, circumstances: Circumstances = {}): Promise<JobEnd> {
  return runJob(aRedispatch(key, circumstances));
}

const update = (change: string): Promise<number> => billing.database.execute(`UPDATE billing.billing_p SET ${change}`);

/** The names of a run's partitions. */
async function planned(key: string): Promise<readonly string[]> {
  const text = `SELECT p.name FROM weir.job_partition AS p JOIN weir.job_run AS r ON r.id = p.run_id
    WHERE r.job = 'billing.redispatch' AND r.key = $1 ORDER BY p.name`;
  return (await billing.database.query<{ name: string }>({ text, values: [key] })).map(({ name }) => name);
}

describe('a redispatch', () => {
  it('publishes bills whose quiet hours have ended, at the very minute, and no others', async () => {
    const bill = (await pending(billing, 2)).find(({ publicInfoId }) => publicInfoId === 1_001n);
    if (bill === undefined) throw new Error('no bill');
    await update(`send_status = 'IN_QUIET_HOUR', next_attempt_at = '2026-11-15T08:00+09'`);
    await update(`next_attempt_at = '2026-11-15T08:45+09' WHERE public_info_id = 1002`);
    expect(await redispatched('2026-11-15T07:59')).toMatchObject({ how: 'completed' });
    expect(published).toEqual([]);
    await redispatched('2026-11-15T08:00');
    expect(published).toEqual(['1001']);
    expect(await billRow(billing, bill)).toMatchObject({
      send_status: 'SEND_PENDING',
      next_attempt_at: null,
      pending_since: new Date('2026-11-14T23:00:00Z'),
    });
    await redispatched('2026-11-15T08:45');
    expect(published).toEqual(['1001', '1002']);
  });

  it('publishes bills again that a slow destination put off', async () => {
    await pending(billing);
    await update(`next_attempt_at = '2026-11-15T00:10+09'`);
    await redispatched('2026-11-15T00:09');
    expect(published).toEqual([]);
    await redispatched('2026-11-15T00:10');
    expect(published).toEqual(['1001']);
  });

  it('publishes a bill again whose message was lost: marked an hour before now, and before whatever is on the way', async () => {
    await pending(billing);
    await redispatched('2026-11-15T01:00');
    expect(published).toEqual([]);
    await redispatched('2026-11-15T02:01', { oldestUnsettledAt: new Date('2026-11-14T16:00:00Z') });
    expect(published).toEqual([]);
    await redispatched('2026-11-15T02:02', { oldestUnsettledAt: new Date('2026-11-14T16:00:01Z') });
    expect(published).toEqual(['1001']);
    await redispatched('2026-11-15T02:03');
    expect(published).toEqual(['1001']);
  });

  it('parks a bill whose lease ran out and never publishes it; a late 250 still completes it', async () => {
    const [bill] = await pending(billing);
    if (bill === undefined) throw new Error('no bill');
    const [send] = await billing.ports.bills.claim([sendable(bill)], 60_000);
    if (send === undefined || Decision.is(send)) throw new Error('not claimed');
    await redispatched('2026-11-15T03:00');
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SENDING', park_reason: null });
    await update(`lease_until = clock_timestamp() - interval '1 second'`);
    await redispatched('2026-11-15T03:05');
    expect(await billRow(billing, bill)).toMatchObject({
      park_reason: 'the lease ran out',
      lease_until: null,
      send_token: claimOf(send).token,
    });
    expect(await billing.database.query('SELECT result FROM billing.send_attempt')).toEqual([{ result: 'UNKNOWN' }]);
    await redispatched('2026-11-15T05:05');
    expect(published).toEqual([]);
    expect(await billing.ports.bills.record([sent(send, '250 ok')])).toMatchObject([{ kind: 'sent' }]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED' });
  });

  it('publishes what was marked and not published, when publishing failed', async () => {
    await pending(billing, 60);
    await update(`send_status = 'IN_QUIET_HOUR', next_attempt_at = '2026-11-15T08:00+09'`);
    let calls = 0;
    const write = (): void => {
      calls += 1;
      if (calls === 2) throw new WeirError('unavailable', 'the bus is gone for a moment');
    };
    expect(await redispatched('2026-11-15T08:00', { write })).toMatchObject({ how: 'completed' });
    expect(new Set(published).size).toBe(60);
  });

  it('leaves what is done, failed or parked', async () => {
    await pending(billing, 3);
    await update(`send_status = 'COMPLETED', sent_channel = 'EMAIL' WHERE public_info_id = 1001`);
    await update(`send_status = 'FAILED', fail_code = 'refused' WHERE public_info_id = 1002`);
    await update(`send_status = 'SENDING', send_token = 1, park_reason = 'x' WHERE public_info_id = 1003`);
    await redispatched('2026-11-16T00:00');
    expect(published).toEqual([]);
  });

  it('plans nothing when there is nothing to do, and otherwise only the kinds and months of which there is a bill', async () => {
    await pending(billing, 3);
    expect(await redispatched('2026-11-15T00:30')).toMatchObject({ how: 'completed' });
    expect(await planned('2026-11-15T00:30')).toEqual([]);
    await update(`next_attempt_at = '2026-11-15T00:40+09' WHERE public_info_id = 1001`);
    await update(`billing_date = '2026-12-01', send_on = '2026-12-15' WHERE public_info_id = 1002`);
    await redispatched('2026-11-15T00:40');
    expect(await planned('2026-11-15T00:40')).toEqual(['due 2026-11']);
    await update(`send_status = 'SENDING', send_token = 1, lease_owner = 'x', lease_until = clock_timestamp() - interval '1 second'
      WHERE public_info_id = 1003`);
    await redispatched('2026-11-15T01:01');
    expect(await planned('2026-11-15T01:01')).toEqual(['expired 2026-11', 'lost 2026-12']);
    expect(published).toEqual(['1001', '1002']);
  });

  it('refuses a minute that has not come, and what is not a minute', async () => {
    const key = '2026-11-15T00:00';
    await expect(runJob(billing.spec('billing.redispatch', key))).resolves.toMatchObject({
      how: 'failed',
      failure: { code: 'invalidKey' },
    });
    await expect(billing.run('billing.redispatch', '2026-11-15')).rejects.toMatchObject({ code: 'invalidKey' });
  });
});

describe('bills whose lease ran out', () => {
  const parkedWarnings = (): readonly unknown[] => billing.told.filter(([what]) => what.startsWith('bills were parked'));
  const parkedCounted = (): readonly unknown[] => billing.told.filter(([what]) => what === 'weir_bills_parked_total');

  /** Makes bills of 1001 and up that a process claimed and left. */
  async function left(count: number): Promise<void> {
    const bills = await pending(billing, count);
    await billing.ports.bills.claim(bills.map(sendable), 60_000);
    await update(`lease_until = clock_timestamp() - interval '1 second'`);
  }

  it('are told of when they are parked: a warning and a count for each chunk, and in what the run ends with', async () => {
    await left(25);
    const spec = aRedispatch('2026-11-15T03:05');
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
    expect(parkedWarnings()).toEqual(
      [10, 10, 5].map((count) => [
        'bills were parked for a person: nobody can tell whether they were mailed',
        { reason: 'leaseRanOut', count },
      ]),
    );
    expect(parkedCounted()).toEqual([10, 10, 5].map((count) => ['weir_bills_parked_total', { reason: 'leaseRanOut' }, count]));
    const report = { asOf: '2026-11-15 03:05 Seoul (now)', parkedByThisRun: 25, parkedInAll: 25 };
    expect(await spec.job.report?.(spec.ports, spec.job.parseKey(spec.key))).toEqual(report);

    billing.setNow('2026-11-15T03:15:00+09:00');
    expect(await spec.job.report?.(spec.ports, spec.job.parseKey('2026-11-15T03:10'))).toEqual({
      ...{ asOf: '2026-11-15 03:10 Seoul (5 min ago)', parkedByThisRun: 0, parkedInAll: 25 },
    });
  });

  it('are told of once, after their parking is durable', async () => {
    await left(3);
    let tries = 0;
    const marking = (_: Transaction, when: string): void => {
      if (when !== 'after') return;
      tries += 1;
      if (tries === 1) throw new WeirError('unavailable', 'the database is gone for a moment');
    };
    expect(await redispatched('2026-11-15T03:05', { marking })).toMatchObject({ how: 'completed' });
    expect(tries).toBe(2);
    expect(parkedWarnings()).toHaveLength(1);
  });

  it('are left, and not told of, when they are recorded between the reading and the parking', async () => {
    await left(2);
    const marking = async (transaction: Transaction, when: string): Promise<void> => {
      if (when === 'after') return;
      await transaction.execute(
        `UPDATE billing.billing_p SET send_status = 'COMPLETED', sent_channel = 'EMAIL', send_token = NULL, lease_owner = NULL, lease_until = NULL
         WHERE public_info_id = 1001`,
      );
    };
    await redispatched('2026-11-15T03:05', { marking });
    expect(parkedCounted()).toEqual([['weir_bills_parked_total', { reason: 'leaseRanOut' }, 1]]);
    expect(await billing.database.query('SELECT send_status, park_reason FROM billing.billing_p ORDER BY public_info_id')).toEqual([
      { send_status: 'COMPLETED', park_reason: null },
      { send_status: 'SENDING', park_reason: 'the lease ran out' },
    ]);
  });
});

describe('the time of a redispatch', () => {
  const looks = (): readonly unknown[] => billing.told.filter(([what]) => what.startsWith('looks at'));

  it('is told in the log, of Seoul, with how far it is', async () => {
    await redispatched('2026-11-15T00:30');
    expect(looks()).toEqual([['looks at a time', { key: '2026-11-15T00:30', asOf: '2026-11-15 00:30 Seoul (now)' }]]);
  });

  it('is warned of when it is long past, as the minute of UTC is', async () => {
    const spec = aRedispatch('2026-11-15T00:30');
    billing.setNow('2026-11-15T00:30:00Z');
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
    expect(looks()).toEqual([
      [
        'looks at a time long past, and leaves what came due since: keys are minutes of Seoul',
        { key: '2026-11-15T00:30', asOf: '2026-11-15 00:30 Seoul (9 h ago)' },
      ],
    ]);
  });

  it('may be a minute ahead and not more', async () => {
    const spec = aRedispatch('2026-11-15T00:30');
    billing.setNow('2026-11-14T15:28:59Z');
    const text = "2026-11-15 00:30 Seoul (in 1 min) has not come: the key is a minute of Seoul's clocks, which show 2026-11-15T00:28 now.";
    expect(await runJob(spec)).toMatchObject({ how: 'failed', failure: { code: 'invalidKey', text } });
    billing.setNow('2026-11-14T15:29:00Z');
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
  });
});

describe('a dry run of a redispatch', () => {
  it('tells the time, what would be published and what would be parked, and changes nothing', async () => {
    const bills = await pending(billing, 6);
    await billing.ports.bills.claim(bills.filter(({ publicInfoId }) => publicInfoId <= 1_003n).map(sendable), 60_000);
    await update(`lease_until = clock_timestamp() - interval '1 second' WHERE public_info_id <= 1002`);
    await update(`next_attempt_at = '2026-11-15T03:00+09' WHERE public_info_id = 1004`);
    const rows = 'SELECT * FROM billing.billing_p ORDER BY id';
    const before = await billing.database.query(rows);
    const end = await dryRun(aRedispatch('2026-11-15T03:05'));
    const summary = { asOf: '2026-11-15 03:05 Seoul (now)', due: 1, lost: 2, toPark: 2, texts: 0 };
    expect(end).toEqual({ rows: 5, dead: 0, skips: [], summary });
    expect(published).toEqual([]);
    expect(await billing.database.query(rows)).toEqual(before);
    expect(dryRunSheet('billing.redispatch:2026-11-15T03:05', end)).toMatch(/^toPark +2$/m);
  });
});
