import { expect, it } from 'vitest';
import { calculateBill } from '../../../pipelines/billing/bill.ts';
import { settleStore } from '../../../pipelines/billing/settleStore.ts';
import { allAsked, rowsTouchedBy } from '../../support/rowsTouched.ts';
import { aBilling } from './aBilling.ts';

const month = '2026-10';
const subject = { birthDate: null, joinedDate: '2026-01-15', contractMonths: 0, addonGrade: 0, familyLines: 1 };
const usage = { sendDay: 15, grossMinor: 10_000n, lowestLineMinor: 10_000n, lineCount: 1 };

it('the lines of a chunk of bills are looked up, where a join would rather read the whole month for each chunk', async () => {
  const { database, identifiers } = await aBilling();
  await database.execute(`
    INSERT INTO billing.usage SELECT '2026-10-01', id, id, '2026-10-10', 'DATA', 'x', 1, 10000 FROM generate_series(1, 20000) AS id`);
  await database.execute('ANALYZE billing.usage');
  const bills = Array.from({ length: 1_000 }, (_, at) =>
    calculateBill({ ...subject, ...usage, publicInfoId: BigInt(20 * (at + 1)), usageId: BigInt(20 * (at + 1)) }, month),
  );
  const statements = await allAsked((transaction) => settleStore(database, identifiers).write(transaction, month, bills));
  const lines = statements.find(({ name }) => name === 'billing.insertLines') ?? { text: '' };
  expect(await rowsTouchedBy(database, lines)).toBeLessThan(10_000);
  expect(await database.query('SELECT count(*) FROM billing.billing_detail_p')).toEqual([{ count: 1_000n }]);
});
