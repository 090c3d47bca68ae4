import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Outgoing } from '../../../src/connectors/sink.ts';
import { WeirError } from '../../../src/errors.ts';
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
}

/** Runs at a minute of Seoul's clock; by default every message is settled. */
async function redispatched(key: string, { oldestUnsettledAt, write }: Circumstances = {}): Promise<JobEnd> {
  billing.setNow(`${key}:00+09:00`);
  const spec = billing.spec('billing.redispatch', key, { chunk: { size: 10 } });
  const emails = {
    write: (messages: readonly Outgoing[]) => {
      write?.();
      published.push(...messages.map((message) => message.key));
      return Promise.resolve();
    },
  };
  return runJob({ ...spec, ports: { ...spec.ports, emails, oldestUnsettledAt: () => Promise.resolve(oldestUnsettledAt) } });
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

  it('publishes a bill again whose message was lost: pending for an hour, and every message since is settled', async () => {
    await pending(billing);
    await redispatched('2026-11-15T01:00');
    expect(published).toEqual([]);
    await redispatched('2026-11-15T01:01', { oldestUnsettledAt: new Date('2026-11-14T15:00:00Z') });
    expect(published).toEqual([]);
    await redispatched('2026-11-15T01:02', { oldestUnsettledAt: new Date('2026-11-14T15:00:01Z') });
    expect(published).toEqual(['1001']);
    await redispatched('2026-11-15T01:03');
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
