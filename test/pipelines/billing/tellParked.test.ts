import { expect, test } from 'vitest';
import { parkedTeller } from '../../../pipelines/billing/tellParked.ts';

test('parked bills are warned of and counted by reason, a chunk at a time, and none are not told', () => {
  const told: unknown[] = [];
  const tellParked = parkedTeller({
    log: { warn: (sentence, fields) => void told.push([sentence, fields]) },
    count: (name, { reason }, by) => void told.push([name, reason, by]),
  });
  // So that the first rise is seen as one.
  expect(told.splice(0)).toEqual([
    ['weir_bills_parked_total', 'unknown', 0],
    ['weir_bills_parked_total', 'leaseRanOut', 0],
  ]);
  tellParked('unknown', 0);
  expect(told).toEqual([]);
  tellParked('leaseRanOut', 3);
  expect(told).toEqual([
    ['bills were parked for a person: nobody can tell whether they were mailed', { reason: 'leaseRanOut', count: 3 }],
    ['weir_bills_parked_total', 'leaseRanOut', 3],
  ]);
});
