import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { calculateBill } from '../../../pipelines/billing/bill.ts';
import { writeDetails } from '../../../pipelines/billing/billingDetails.ts';
import { dryRun } from '../../../src/runtime/jobs/dryRun.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { runSkipped } from '../../../src/runtime/jobs/runSkipped.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { aBilling, aNewMember, aUsage, emptied, settled, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

/** Members of every kind, 1,001 and up, and `lines` lines of usage each, spread over the month. */
async function load(count: number, lines = 3): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => index);
  await billing.members.insertMembers(
    ids.map((index) =>
      aNewMember({
        publicInfoId: 1_001n + BigInt(index),
        contractMonths: [0, 12, 24, 36][index % 4] ?? 0,
        birthDate: index % 9 === 0 ? null : `1980-${String((index % 12) + 1).padStart(2, '0')}-15`,
        addonGrade: index % 5,
        joinedDate: `${2014 + (index % 13)}-10-0${1 + (index % 2)}`,
        familyLines: 1 + (index % 7),
        sendDay: index % 2 === 0 ? 15 : 21,
      }),
    ),
  );
  await billing.members.insertUsage(
    ids.flatMap((index) =>
      Array.from({ length: lines }, (_, line) =>
        aUsage({
          id: BigInt(10_000 + line * count + index),
          publicInfoId: 1_001n + BigInt(index),
          usedOn: `2026-10-${10 + line}`,
          amountMinor: BigInt(((index * 37 + line * 101) % 40) * 500),
        }),
      ),
    ),
  );
}

interface BillFacts {
  readonly public_info_id: bigint;
  readonly billing_date: string;
  readonly send_on: string;
  readonly usage_id: bigint;
  readonly billing_fee: bigint;
  readonly billing_details: { readonly totalDiscount: number };
  readonly send_status: string;
}

const bills = (): Promise<readonly BillFacts[]> =>
  billing.database.query<BillFacts>('SELECT * FROM billing.billing_p ORDER BY billing_date, public_info_id');
const lines = (): Promise<readonly { n: bigint; minor: string | null }[]> =>
  billing.database.query('SELECT count(*) AS n, sum(amount_minor)::text AS minor FROM billing.billing_detail_p');
const skips = (): Promise<readonly object[]> => billing.database.query('SELECT position, stage, code FROM weir.job_skip ORDER BY position');

type Spec = ReturnType<Billing['spec']>;

/** The same run with some of the settlement's statements replaced. */
const withSettlement = (spec: Spec, over: Partial<Spec['ports']['settlement']>): Spec => ({
  ...spec,
  ports: { ...spec.ports, settlement: { ...spec.ports.settlement, ...over } },
});

/** Members whose usage, bill and lines of the month are not the same. */
const differing = (): Promise<readonly object[]> =>
  billing.database.query(`
    SELECT public_info_id, used.*, bill.*, line.*
    FROM (SELECT public_info_id, count(*) AS used_lines, sum(amount_minor) AS used FROM billing.usage GROUP BY public_info_id) AS used
    FULL JOIN (
      SELECT id, public_info_id, billing_fee + (billing_details ->> 'totalDiscount')::bigint AS billed FROM billing.billing_p
    ) AS bill USING (public_info_id)
    FULL JOIN (
      SELECT billing_id AS id, count(*) AS bill_lines, sum(amount_minor) AS lines FROM billing.billing_detail_p GROUP BY billing_id
    ) AS line USING (id)
    WHERE (used, used_lines, used) IS DISTINCT FROM (billed, bill_lines, lines)`);

describe('a settlement', () => {
  it('bills every member with usage as the rule says, and copies the usage to lines that sum to the gross', async () => {
    await load(500);
    expect(await billing.run('billing.settle', '2026-11')).toMatchObject({ how: 'completed' });
    const usage = await billing.database.query<{ public_info_id: bigint; gross: bigint; lowest: bigint; usage_id: bigint }>(
      'SELECT public_info_id, sum(amount_minor)::bigint AS gross, min(amount_minor) AS lowest, max(id) AS usage_id FROM billing.usage GROUP BY 1',
    );
    const subjects = await billing.database.query('SELECT * FROM billing.member ORDER BY public_info_id');
    const expected = subjects.map((row) => {
      const used = usage.find((sums) => sums.public_info_id === row['public_info_id']);
      if (used === undefined) throw new Error('a member without usage');
      const bill = calculateBill(
        {
          ...{
            publicInfoId: used.public_info_id,
            grossMinor: used.gross,
            lowestLineMinor: used.lowest,
            usageId: used.usage_id,
            lineCount: 3,
          },
          ...{ contractMonths: row['contract_months'], birthDate: row['birth_date'], addonGrade: row['addon_grade'] },
          ...{ joinedDate: row['joined_date'], familyLines: row['family_lines'], sendDay: row['send_day'] },
        } as unknown as Parameters<typeof calculateBill>[0],
        '2026-10',
      );
      return {
        ...{ public_info_id: bill.publicInfoId, billing_date: '2026-11-01 00:00:00', send_on: bill.sendOn, usage_id: bill.usageId },
        ...{ billing_fee: bill.feeMinor, billing_details: JSON.parse(writeDetails(bill.details)) as object, send_status: 'CREATED' },
      };
    });
    expect(await bills()).toMatchObject(expected);
    expect(new Set((await bills()).map(({ send_on }) => send_on))).toEqual(new Set(['2026-11-15', '2026-11-21']));
    const wrong = await billing.database.query(`
      SELECT bill.id FROM billing.billing_p AS bill LEFT JOIN billing.billing_detail_p AS line ON line.billing_id = bill.id
      GROUP BY bill.id, bill.billing_date
      HAVING sum(line.amount_minor) IS DISTINCT FROM bill.billing_fee + (bill.billing_details ->> 'totalDiscount')::bigint`);
    expect(wrong).toEqual([]);
    expect((await lines())[0]?.n).toBe(1_500n);
  });

  it('skips with a reason what cannot be true, bills the others, and bills the skipped after mending', async () => {
    await load(300);
    const spoil = (id: number, minor: string): Promise<number> =>
      billing.database.execute({
        text: 'UPDATE billing.usage SET amount_minor = $2 WHERE public_info_id = $1 AND used_on = $3',
        values: [id, minor, '2026-10-10'],
      });
    await spoil(1_005, '-1');
    await spoil(1_006, '9000000000000000000');
    await billing.database.execute(`UPDATE billing.usage SET amount_minor = 9000000000000000000 WHERE public_info_id = 1007`);
    expect(await billing.run('billing.settle', '2026-11')).toMatchObject({ how: 'completed' });
    expect(await skips()).toEqual(['1005', '1006', '1007'].map((position) => ({ position, stage: 'reckonBill', code: 'constraint' })));
    expect(await bills()).toHaveLength(297);
    await billing.database.execute('UPDATE billing.usage SET amount_minor = 700 WHERE public_info_id IN (1005, 1006, 1007)');
    await runSkipped(billing.spec('billing.settle', '2026-11'));
    expect(await bills()).toHaveLength(300);
    expect((await lines())[0]?.n).toBe(900n);
    expect(await billing.database.query('SELECT FROM weir.job_skip WHERE resolved_at IS NULL')).toEqual([]);
  });

  it('makes no bill for a member without usage', async () => {
    await load(3);
    await billing.members.insertMembers([aNewMember({ publicInfoId: 9_000n })]);
    expect(await billing.run('billing.settle', '2026-11')).toMatchObject({ how: 'completed' });
    expect((await bills()).map(({ public_info_id }) => public_info_id)).toEqual([1_001n, 1_002n, 1_003n]);
  });

  it('puts usage that comes after its month was closed on the next bill', async () => {
    await settled(billing, 1);
    await billing.members.insertUsage([
      aUsage({ id: 7_000n, usedOn: '2026-10-31', amountMinor: 333n }),
      aUsage({ id: 7_001n, usedOn: '2026-11-02', amountMinor: 1_000n }),
    ]);
    billing.setNow('2026-11-30T15:00:00Z');
    expect(await billing.run('billing.settle', '2026-12')).toMatchObject({ how: 'completed' });
    expect(await bills()).toMatchObject([
      { billing_date: '2026-11-01 00:00:00', billing_fee: 10_000n },
      { billing_date: '2026-12-01 00:00:00', billing_fee: 1_333n, usage_id: 7_001n },
    ]);
  });

  it('waits for usage that is being written when it closes the month, and bills it', async () => {
    await billing.members.insertMembers([aNewMember()]);
    let isClosed = false;
    const under: Promise<unknown>[] = [];
    // A line of the same key, not committed, holds the writer up while it has the period.
    const blocker = billing.database.withTransaction(async (transaction) => {
      await transaction.execute(`INSERT INTO billing.usage VALUES ('2026-10-01', 5001, 1001, '2026-10-31', 'DATA', 'x', 1, 1)`);
      under.push(billing.members.insertUsage([aUsage()]));
      await until('the writer waits', async () => (await lockWaits(billing.database)) === 1);
      under.push(billing.ports.periods.closeMonth('2026-10', billing.clock.now()).then(() => (isClosed = true)));
      await until('the closing waits too', async () => (await lockWaits(billing.database)) === 2 || isClosed);
      throw new Error('given up');
    });
    await expect(blocker).rejects.toThrow('given up');
    await Promise.all(under);
    expect(await billing.database.query('SELECT period FROM billing.usage')).toEqual([{ period: '2026-10-01' }]);
    expect(await billing.run('billing.settle', '2026-11')).toMatchObject({ how: 'completed' });
    expect(await bills()).toMatchObject([{ billing_fee: 10_000n }]);
  });

  it('refuses usage of a member that is not known, and of a month for which nothing is open', async () => {
    await billing.members.insertMembers([aNewMember()]);
    await expect(billing.members.insertUsage([aUsage(), aUsage({ id: 2n, publicInfoId: 5n })])).rejects.toMatchObject({
      code: 'constraint',
    });
    await expect(billing.members.insertUsage([aUsage({ usedOn: '2030-02-01' })])).rejects.toMatchObject({ code: 'constraint' });
    expect(await billing.database.query('SELECT FROM billing.usage')).toEqual([]);
  });

  describe.each(['before a chunk is written', 'between bills and lines', 'when everybody is billed'] as const)(
    'usage that is changed %s',
    (when) => {
      it.each([
        ['an amount', `UPDATE billing.usage SET amount_minor = amount_minor + 50 WHERE public_info_id = 1003`],
        [
          'what one member gains and another loses',
          `UPDATE billing.usage SET amount_minor = amount_minor + CASE public_info_id WHEN 1003 THEN 10 ELSE -10 END
         WHERE public_info_id IN (1003, 1007) AND used_on = '2026-10-11'`,
        ],
        ['a line that is new', `INSERT INTO billing.usage VALUES ('2026-10-01', 77, 1003, '2026-10-31', 'DATA', 'late', 1, 500)`],
        ['a line of nothing', `INSERT INTO billing.usage VALUES ('2026-10-01', 77, 1003, '2026-10-31', 'DATA', 'free', 1, 0)`],
        ['a line that is gone', `DELETE FROM billing.usage WHERE public_info_id = 1003 AND used_on = '2026-10-11'`],
        [
          'a line of another member',
          `UPDATE billing.usage SET public_info_id = 1000 WHERE public_info_id = 1003 AND used_on = '2026-10-11'`,
        ],
        ['all lines of a member', `DELETE FROM billing.usage WHERE public_info_id = 1003`],
      ])('is billed in the same run as it is now: %s', async (_, change) => {
        await billing.members.insertMembers([aNewMember({ publicInfoId: 1_000n })]);
        await load(20);
        const spec = billing.spec('billing.settle', '2026-11');
        const { settlement } = spec.ports;
        let isChanged = false;
        const changeOnce = async (): Promise<void> => {
          if (!isChanged) expect(await billing.database.execute(change)).toBeGreaterThan(0);
          isChanged = true;
        };
        const write: typeof settlement.write = async (transaction, ...chunk) => {
          if (when === 'before a chunk is written') await changeOnce();
          const execute: typeof transaction.execute = async (statement) => {
            const hits = await transaction.execute(statement);
            if (when === 'between bills and lines') await changeOnce();
            return hits;
          };
          await settlement.write({ ...transaction, execute }, ...chunk);
        };
        const totals: typeof settlement.totals = async (...of) => {
          if (when === 'when everybody is billed') await changeOnce();
          return settlement.totals(...of);
        };
        const end = await runJob(withSettlement(spec, { write, totals }));
        expect(end).toMatchObject({ how: 'completed' });
        expect(isChanged).toBe(true);
        expect(await skips()).toEqual([]);
        expect(await differing()).toEqual([]);
      });
    },
  );

  it('makes a bill anew whose usage was another one only while its lines were copied', async () => {
    await load(20);
    const spec = billing.spec('billing.settle', '2026-11');
    const { settlement } = spec.ports;
    const add = (minor: number): Promise<number> =>
      billing.database.execute(`UPDATE billing.usage SET amount_minor = amount_minor + ${minor} WHERE public_info_id = 1003`);
    let written = 0;
    const write: typeof settlement.write = async (transaction, month, chunk) => {
      const isFirst = chunk.some(({ publicInfoId }) => publicInfoId === 1_003n) && ++written === 1;
      if (isFirst) await add(50);
      await settlement.write(transaction, month, chunk);
      if (isFirst) await add(-50);
    };
    expect(await runJob(withSettlement(spec, { write }))).toMatchObject({ how: 'completed' });
    expect(written).toBe(2);
    expect(await differing()).toEqual([]);
  });

  it('does not complete over a bill that is wrong and being sent already, and names it', async () => {
    await load(10);
    const spec = billing.spec('billing.settle', '2026-11');
    const { settlement } = spec.ports;
    const totals: typeof settlement.totals = async (...of) => {
      await billing.database.execute(`
        UPDATE billing.billing_p SET send_status = 'SEND_PENDING', pending_since = now() WHERE public_info_id = 1003`);
      await billing.database.execute(`UPDATE billing.usage SET amount_minor = amount_minor + 50 WHERE public_info_id IN (1003, 1005)`);
      return settlement.totals(...of);
    };
    expect(await runJob(withSettlement(spec, { totals }))).toMatchObject({
      how: 'failed',
      failure: {
        code: 'incomplete',
        text: expect.stringMatching(/1 members \(1005\) had .*; 1 members \(1003\) have one .* sent already/) as string,
      },
    });
    expect(await bills()).toHaveLength(9);
  });

  it('leaves who was skipped to the run of what was skipped when everything is read again', async () => {
    await load(10);
    await billing.database.execute(`UPDATE billing.usage SET amount_minor = -1 WHERE public_info_id = 1005`);
    const spec = billing.spec('billing.settle', '2026-11');
    const { settlement } = spec.ports;
    let isMended = false;
    const totals: typeof settlement.totals = async (...of) => {
      // Mended together with a member who has a bill, which is why everything is read again.
      if (!isMended) await billing.database.execute(`UPDATE billing.usage SET amount_minor = 100 WHERE public_info_id IN (1003, 1005)`);
      isMended = true;
      return settlement.totals(...of);
    };
    expect(await runJob(withSettlement(spec, { totals }))).toMatchObject({ how: 'completed' });
    expect(await bills()).toHaveLength(9);
    expect(await skips()).toHaveLength(1);
    await runSkipped(spec);
    expect(await bills()).toHaveLength(10);
    expect(await billing.database.query('SELECT FROM weir.job_skip WHERE resolved_at IS NULL')).toEqual([]);
  });

  it('freezes the day of sending: a member who changes it later is neither forgotten nor sent to twice', async () => {
    await settled(billing, 1, { sendDay: 21 });
    await billing.database.execute('UPDATE billing.member SET send_day = 15');
    expect(await bills()).toMatchObject([{ send_on: '2026-11-21' }]);
  });

  it('closes no month that has not ended in Seoul', async () => {
    billing.setNow('2026-10-31T14:59:59Z');
    await expect(billing.run('billing.settle', '2026-11')).resolves.toMatchObject({ how: 'failed', failure: { code: 'invalidKey' } });
    expect(await billing.database.query('SELECT FROM billing.billing_period WHERE closed_at IS NOT NULL')).toEqual([]);
  });

  it('makes partitions of coming months with every index and check, while others use the table', async () => {
    await billing.database.withTransaction(async (transaction) => {
      await transaction.query('SELECT count(*) FROM billing.billing_p');
      await billing.ports.periods.provideMonths(['2027-02', '2027-03']);
    });
    await Promise.all([billing.ports.periods.provideMonths(['2027-04']), billing.ports.periods.provideMonths(['2027-04'])]);
    const shapes = await billing.database.query(`
      SELECT count(*) AS n, indexes, checks FROM (
        SELECT (SELECT count(*) FROM pg_index WHERE indrelid = inhrelid) AS indexes,
          (SELECT count(*) FROM pg_constraint WHERE conrelid = inhrelid AND contype = 'c') AS checks
        FROM pg_inherits WHERE inhparent = 'billing.billing_p'::regclass) AS parts GROUP BY 2, 3`);
    expect(shapes).toHaveLength(1);
  });

  it('tells in a dry run what it would write, and writes nothing', async () => {
    await load(30);
    const end = await dryRun(billing.spec('billing.settle', '2026-11'));
    expect(end).toMatchObject({ rows: 30, dead: 0, summary: { bills: 30, grossMinor: expect.stringMatching(/^\d+$/) as string } });
    expect((end.summary as { samples: readonly object[] }).samples).toHaveLength(10);
    expect(await bills()).toEqual([]);
    expect(await billing.database.query('SELECT FROM billing.billing_period WHERE closed_at IS NOT NULL')).toEqual([]);
  });
});
