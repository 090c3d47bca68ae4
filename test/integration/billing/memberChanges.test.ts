import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { aBilling, aNewMember, aUsage, emptied, settled, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

const bills = (): Promise<readonly object[]> =>
  billing.database.query(
    `SELECT public_info_id AS member, billing_date::date AS month, send_on, send_status AS status FROM billing.billing_p ORDER BY 2, 1`,
  );

async function dispatched(day: string): Promise<void> {
  billing.setNow(`${day}T00:00:00+09:00`);
  expect(await billing.run('billing.dispatch', day)).toMatchObject({ how: 'completed' });
}

describe('members who change while their month is billed', () => {
  it('one who comes with usage while the run reads gets the next bill, and nobody is left out', async () => {
    await billing.members.insertMembers([aNewMember()]);
    await billing.members.insertUsage([aUsage()]);
    const spec = billing.spec('billing.settle', '2026-11');
    let hasCome = false;
    const comes = async (): Promise<void> => {
      if (hasCome) return;
      hasCome = true;
      await billing.members.insertMembers([aNewMember({ publicInfoId: 7n })]);
      await billing.members.insertUsage([aUsage({ id: 9n, publicInfoId: 7n, usedOn: '2026-10-31' })]);
    };
    const { settlement } = spec.ports;
    const page: typeof settlement.page = async (query) => {
      const found = await settlement.page(query);
      await comes();
      return found;
    };
    expect(await runJob({ ...spec, ports: { ...spec.ports, settlement: { ...settlement, page } } })).toMatchObject({ how: 'completed' });
    expect(await bills()).toMatchObject([{ member: 1_001n, month: '2026-11-01' }]);
    billing.setNow('2026-11-30T15:00:00Z');
    expect(await billing.run('billing.settle', '2026-12')).toMatchObject({ how: 'completed' });
    expect(await bills()).toMatchObject([
      { member: 1_001n, month: '2026-11-01' },
      { member: 7n, month: '2026-12-01' },
    ]);
  });

  it.each([
    ['from the 21st to the 15th', 21, 15, '2026-11-16'],
    ['from the 15th to the 21st', 15, 21, '2026-11-14'],
  ])('one who changes the day %s is sent this bill once, on the old day, and the next on the new one', async (_what, before, after, on) => {
    await settled(billing, 1, { sendDay: before });
    billing.setNow(`${on}T00:00:00+09:00`);
    await billing.database.execute({ text: 'UPDATE billing.member SET send_day = $1', values: [after] });
    await dispatched('2026-11-15');
    const isEarly = before === 15;
    expect(await bills()).toMatchObject([{ send_on: `2026-11-${before}`, status: isEarly ? 'SEND_PENDING' : 'CREATED' }]);
    await dispatched('2026-11-21');
    expect(await bills()).toMatchObject([{ send_on: `2026-11-${before}`, status: 'SEND_PENDING' }]);
    await billing.members.insertUsage([aUsage({ id: 8n, usedOn: '2026-11-20' })]);
    billing.setNow('2026-11-30T15:00:00Z');
    await billing.run('billing.settle', '2026-12');
    expect(await bills()).toMatchObject([{}, { month: '2026-12-01', send_on: `2026-12-${after}` }]);
  });
});
