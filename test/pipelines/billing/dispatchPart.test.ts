import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { planDispatch, readDispatchPart } from '../../../pipelines/billing/dispatchPart.ts';
import type { DueStretch } from '../../../pipelines/billing/dispatchStore.ts';

const stretch = (billingDate: string, firstId: bigint): DueStretch => ({ billingDate, firstId, bills: 10, isUnsettled: false });
const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });

test('every bill of a month is in exactly one part, whether it was there when the month was divided or not', () => {
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 16 }), id, (starts, bill) => {
      const stretches = starts.sort((a, b) => (a < b ? -1 : 1)).map((first) => stretch('2026-11-01', first));
      const parts = planDispatch(stretches).map(({ input }) => readDispatchPart(JSON.parse(JSON.stringify(input))));
      const holding = parts.filter(({ after, upTo }) => BigInt(after) < bill && bill <= BigInt(upTo));
      expect(holding).toHaveLength(1);
    }),
  );
});

it('names the parts of a month by their number, and a month of one part alone', () => {
  const plan = planDispatch([stretch('2026-10-01', 5n), stretch('2026-11-01', 20n), stretch('2026-11-01', 30n)]);
  expect(plan).toEqual([
    { name: '2026-10', input: { billingDate: '2026-10-01', after: '0', upTo: '9223372036854775807' }, total: 10 },
    { name: '2026-11 1 of 2', input: { billingDate: '2026-11-01', after: '0', upTo: '29' }, total: 10 },
    { name: '2026-11 2 of 2', input: { billingDate: '2026-11-01', after: '29', upTo: '9223372036854775807' }, total: 10 },
  ]);
});
