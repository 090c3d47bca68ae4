import { describe, expect, it } from 'vitest';
import { runWeir } from '../../support/weirProcess.ts';
import { everyRow } from './everyRow.ts';
import { aMonth, type AMonth } from './aMonth.ts';

interface DryRun {
  readonly rows: number;
  readonly dead: number;
  readonly skips: readonly { readonly position: string; readonly code: string; readonly stage: string; readonly reason: string }[];
  readonly summary: {
    readonly bills: number;
    readonly grossMinor: string;
    readonly feeMinor: string;
    readonly discountsMinor: Readonly<Record<string, string>>;
    readonly samples: readonly { readonly publicInfoId: string; readonly feeMinor: string }[];
  };
}

async function booked({ database }: AMonth): Promise<unknown> {
  const [sums] = await database.query(`
    SELECT count(*) AS bills, sum(billing_fee)::text AS fees,
      (SELECT sum(amount_minor)::text FROM billing.billing_detail_p) AS gross
    FROM billing.billing_p`);
  const discounts = await database.query<{ type: string; amount: string }>(`
    SELECT discount ->> 'type' AS type, sum((discount ->> 'amount')::bigint)::text AS amount
    FROM billing.billing_p, jsonb_array_elements(billing_details -> 'discounts') AS discount GROUP BY 1`);
  return { ...sums, discounts: Object.fromEntries(discounts.map(({ type, amount }) => [type, amount])) };
}

describe('weir run --job billing.settle --dry-run', () => {
  it('writes nothing and tells bills, sums, discounts, skips and samples, and the real run books the same', async () => {
    const month = await aMonth();
    const born = `1990-${month.month.usage.slice(5)}-07`;
    await month.load(
      Array.from({ length: 25 }, (_, index) => ({
        ...{ contractMonths: (index % 4) * 12, addonGrade: index % 4, familyLines: 1 + (index % 3) },
        birthDate: index % 5 === 0 ? born : null,
      })),
      ({ publicInfoId }, line) => ({ amountMinor: line === 0 && publicInfoId === 1_004n ? -1n : 10_000n + publicInfoId * 37n }),
    );
    const words = ['run', '--job', 'billing.settle', '--key', month.month.billing];
    const before = await everyRow(month.database);

    const printed = await runWeir(month.environment, ...words, '--dry-run', '--json');
    expect(printed.code, printed.errors).toBe(0);
    const people = await runWeir(month.environment, ...words, '--dry-run');
    expect(people.code).toBe(0);
    expect(await everyRow(month.database)).toEqual(before);

    const { rows, dead, skips, summary } = JSON.parse(printed.output) as DryRun;
    expect({ rows, dead, bills: summary.bills, samples: summary.samples.length }).toEqual({ rows: 25, dead: 1, bills: 24, samples: 10 });
    expect(skips).toMatchObject([{ position: '1004', stage: 'reckonBill', code: 'constraint' }]);
    expect(skips[0]?.reason).toContain('a line of usage with a negative fee');
    expect(Object.keys(summary.discountsMinor).sort()).toEqual(['ADDON_GRADE', 'BIRTHDAY', 'CONTRACT', 'FAMILY', 'LOYALTY']);
    expect(people.output).toContain(`Nothing was written. billing.settle:${month.month.billing} would read 25 rows and put 1 aside.`);
    expect(people.output).toMatch(new RegExp(`^feeMinor +${BigInt(summary.feeMinor).toLocaleString('en-US')}$`, 'm'));
    expect(people.output).toMatch(/^BIRTHDAY +[\d,]+$/m);
    expect(people.output).toMatch(/^members \d of 4 +1004 +reckonBill +constraint /m);

    const real = await runWeir(month.environment, ...words);
    expect(real.code, real.errors).toBe(0);
    expect(await booked(month)).toEqual({
      ...{ bills: BigInt(summary.bills), fees: summary.feeMinor, gross: summary.grossMinor, discounts: summary.discountsMinor },
    });
    for (const { publicInfoId, feeMinor } of summary.samples) {
      const text = 'SELECT billing_fee FROM billing.billing_p WHERE public_info_id = $1';
      expect(await month.database.query({ text, values: [publicInfoId] })).toEqual([{ billing_fee: BigInt(feeMinor) }]);
    }
  });
});
