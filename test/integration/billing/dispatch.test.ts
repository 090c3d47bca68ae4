import { beforeEach, describe, expect, it } from 'vitest';
import type { Outgoing } from '../../../src/connectors/sink.ts';
import { WeirError } from '../../../src/errors.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { dispatchedBillSchema, type DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { aBilling, aNewMember, aUsage, settled, type Billing } from './aBilling.ts';

let billing: Billing;
let published: DispatchedBill[];

beforeEach(async () => {
  billing = await aBilling();
  published = [];
});

/** Keeps what is published; `write` may refuse first. */
async function dispatched(key: string, write: (messages: readonly Outgoing[]) => Promise<void> | void = () => undefined): Promise<JobEnd> {
  const spec = billing.spec('billing.dispatch', key, { chunk: { size: 20 } });
  const emails = {
    write: async (messages: readonly Outgoing[]) => {
      await write(messages);
      published.push(...messages.map(({ value }) => dispatchedBillSchema.parse(JSON.parse(Buffer.from(value).toString()))));
    },
  };
  return runJob({ ...spec, ports: { ...spec.ports, emails } });
}

const states = (): Promise<readonly object[]> =>
  billing.database.query('SELECT send_status, count(*)::int AS n FROM billing.billing_p GROUP BY 1 ORDER BY 1');
const ids = (): readonly bigint[] => published.map(({ publicInfoId }) => publicInfoId);

describe('a dispatch', () => {
  it('publishes each bill whose day has come, with its quiet hours and destination, and leaves the others', async () => {
    await billing.members.insertMembers([aNewMember({ publicInfoId: 900n, sendDay: 21 })]);
    await billing.members.insertUsage([aUsage({ publicInfoId: 900n, id: 1n })]);
    await settled(billing, 50, { quietHours: { start: '22:00', end: '08:00', zone: 'Asia/Seoul' } });
    billing.setNow('2026-11-14T15:00:00Z');
    expect(await dispatched('2026-11-15')).toMatchObject({ how: 'completed' });
    expect([...ids()].sort()).toEqual(Array.from({ length: 50 }, (_, index) => 1_001n + BigInt(index)));
    expect(published[0]).toMatchObject({
      billingDate: '2026-11-01',
      destination: 'example.com',
      quietHours: { start: '22:00:00', end: '08:00:00', zone: 'Asia/Seoul' },
    });
    expect(await states()).toEqual([
      { send_status: 'CREATED', n: 1 },
      { send_status: 'SEND_PENDING', n: 50 },
    ]);
  });

  it('sends nothing of a month whose settlement has not completed, and all of it when the key is run again after that', async () => {
    await settled(billing, 3);
    const settlement = (status: string): Promise<number> =>
      billing.database.execute(
        `UPDATE weir.job_run SET status = '${status}', failure_code = 'incomplete', failure = 'not whole' WHERE job = 'billing.settle'`,
      );
    await settlement('FAILED');
    billing.setNow('2026-11-14T15:00:00Z');
    expect(await dispatched('2026-11-15')).toMatchObject({
      how: 'failed',
      failure: { code: 'incomplete', text: expect.stringContaining('billing.settle:2026-11 has not completed') as string },
    });
    expect(published).toEqual([]);
    await settlement('COMPLETED');
    expect(await dispatched('2026-11-15')).toMatchObject({ how: 'completed' });
    expect(published).toHaveLength(3);
  });

  it('works on a large month in equal parts, and publishes again what failed of one of them, not of its neighbours', async () => {
    const bills = await settled(billing, 11_001);
    const [first, second] = [bills.slice(0, 5_501), bills.slice(5_501)];
    billing.setNow('2026-11-14T15:00:00Z');
    let failures = 0;
    const end = await dispatched('2026-11-15', (messages) => {
      if (failures === 1 || messages[0]?.key !== second[0]?.publicInfoId.toString()) return;
      failures += 1;
      throw new WeirError('unavailable', 'the bus is gone for a moment');
    });
    expect(end).toMatchObject({ how: 'completed' });
    expect(failures).toBe(1);
    const parts = await billing.database.query(
      `SELECT name, total::int, rows_published::int FROM weir.job_partition JOIN weir.job_run ON id = run_id
       WHERE job = 'billing.dispatch' ORDER BY name`,
    );
    expect(parts).toEqual([
      { name: '2026-11 1 of 2', total: 5_501, rows_published: 5_501 },
      { name: '2026-11 2 of 2', total: 5_500, rows_published: 5_500 },
    ]);
    expect(new Set(ids()).size).toBe(11_001);
    const ofFirst = new Set(first.map(({ publicInfoId }) => publicInfoId));
    expect(ids().filter((id) => ofFirst.has(id))).toHaveLength(5_501);
  });

  it('keeps the time at which a bill was first marked, when it is marked again to be published', async () => {
    const bills = await settled(billing, 2);
    const { dispatches } = billing.spec('billing.dispatch', '2026-11-15').ports;
    const mark = (time: string, marked: typeof bills): Promise<unknown> =>
      billing.database.withTransaction((transaction) => dispatches.markDispatched(transaction, marked, new Date(time)));
    await mark('2026-11-15T00:00:00Z', bills.slice(0, 1));
    await mark('2026-11-15T01:00:00Z', bills);
    const times = await billing.database.query<{ pending_since: Date }>('SELECT pending_since FROM billing.billing_p ORDER BY id');
    expect(times.map(({ pending_since }) => new Date(pending_since).toISOString())).toEqual([
      '2026-11-15T00:00:00.000Z',
      '2026-11-15T01:00:00.000Z',
    ]);
  });

  it('forgets nobody: what an earlier day or month left is taken too', async () => {
    await settled(billing, 3);
    billing.setNow('2026-11-30T15:00:00Z');
    await billing.members.insertUsage([aUsage({ id: 8_000n, usedOn: '2026-11-03' })]);
    await billing.run('billing.settle', '2026-12');
    billing.setNow('2026-12-20T15:00:00Z');
    expect(await dispatched('2026-12-21')).toMatchObject({ how: 'completed' });
    expect(published.map(({ billingDate }) => billingDate).sort()).toEqual(['2026-11-01', '2026-11-01', '2026-11-01', '2026-12-01']);
  });

  it('has marked a bill before its message is published', async () => {
    await settled(billing, 50);
    billing.setNow('2026-11-14T15:00:00Z');
    const seen: string[] = [];
    await dispatched('2026-11-15', async (messages) => {
      const rows = await billing.database.query<{ send_status: string }>({
        text: 'SELECT DISTINCT send_status FROM billing.billing_p WHERE public_info_id = ANY ($1::bigint[])',
        values: [messages.map(({ key }) => key)],
      });
      seen.push(...rows.map(({ send_status }) => send_status));
    });
    expect(new Set(seen)).toEqual(new Set(['SEND_PENDING']));
  });

  it('publishes what was marked and not published, when publishing failed', async () => {
    await settled(billing, 100);
    billing.setNow('2026-11-14T15:00:00Z');
    let calls = 0;
    const end = await dispatched('2026-11-15', () => {
      calls += 1;
      if (calls === 2) throw new WeirError('unavailable', 'the bus is gone for a moment');
    });
    expect(end).toMatchObject({ how: 'completed' });
    expect(new Set(ids()).size).toBe(100);
    expect(await states()).toEqual([{ send_status: 'SEND_PENDING', n: 100 }]);
  });

  it('skips a bill that was sent between the reading and the marking', async () => {
    await settled(billing, 2);
    billing.setNow('2026-11-14T15:00:00Z');
    const spec = billing.spec('billing.dispatch', '2026-11-15');
    const dispatches: typeof spec.ports.dispatches = {
      ...spec.ports.dispatches,
      markDispatched: async (transaction, bills, now) => {
        await transaction.execute(
          `UPDATE billing.billing_p SET send_status = 'COMPLETED', sent_channel = 'EMAIL' WHERE public_info_id = 1001`,
        );
        return spec.ports.dispatches.markDispatched(transaction, bills, now);
      },
    };
    const emails = {
      write: (messages: readonly Outgoing[]) =>
        Promise.resolve(
          void published.push(...messages.map(({ value }) => dispatchedBillSchema.parse(JSON.parse(Buffer.from(value).toString())))),
        ),
    };
    expect(await runJob({ ...spec, ports: { ...spec.ports, dispatches, emails } })).toMatchObject({ how: 'completed' });
    expect(ids()).toEqual([1_002n]);
  });

  it.each(['2026-11-31', '2026-11', 'today'])('refuses the key %s', async (key) => {
    await expect(dispatched(key)).rejects.toMatchObject({ code: 'invalidKey' });
  });

  it('refuses a day that has not come', async () => {
    expect(await dispatched('2026-11-15')).toMatchObject({ how: 'failed', failure: { code: 'invalidKey' } });
  });
});
