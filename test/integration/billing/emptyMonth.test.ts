import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dryRun } from '../../../src/runtime/jobs/dryRun.ts';
import { aBilling, aNewMember, aUsage, emptied, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

const refusal =
  'billing.settle:2026-11 bills the usage of 2026-10, and there is none; there is usage of 2026-12. ' +
  'The month stays open: load its usage, then run this key again.';

describe('a settlement of a month without usage', () => {
  it('is refused before the month is closed, and bills what is loaded later under the same key', async () => {
    await billing.members.insertMembers([aNewMember()]);
    await billing.members.insertUsage([aUsage({ id: 1n, usedOn: '2026-12-05' })]);
    expect(await billing.run('billing.settle', '2026-11')).toMatchObject({ how: 'failed', failure: { code: 'notFound', text: refusal } });
    const open = 'SELECT count(*)::int AS open FROM billing.billing_period WHERE closing_at IS NULL AND closed_at IS NULL';
    expect(await billing.database.query(open)).toEqual([{ open: 4 }]);

    await billing.members.insertUsage([aUsage()]);
    expect(await billing.run('billing.settle', '2026-11')).toMatchObject({ how: 'completed' });
    expect(await billing.database.query('SELECT billing_date::date, billing_fee FROM billing.billing_p')).toEqual([
      { billing_date: '2026-11-01', billing_fee: 10_000n },
    ]);
  });

  it('is refused in a dry run too, and of a month that nobody has provided', async () => {
    await billing.members.insertMembers([aNewMember()]);
    await expect(dryRun(billing.spec('billing.settle', '2026-11'))).rejects.toMatchObject({ code: 'notFound' });
    expect(await billing.run('billing.settle', '2020-01')).toMatchObject({
      how: 'failed',
      failure: { text: expect.stringContaining('there is usage of no month.') as string },
    });
  });
});
