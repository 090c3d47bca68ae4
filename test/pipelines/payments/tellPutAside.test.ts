import { expect, test } from 'vitest';
import { putAsideTeller } from '../../../pipelines/payments/tellPutAside.ts';

test('notices that were put aside are warned of and counted by reason, a chunk at a time, and none are not told', () => {
  const told: unknown[] = [];
  const tellPutAside = putAsideTeller({
    log: { warn: (sentence, fields) => void told.push([sentence, fields]) },
    count: (name, { reason }, by) => void told.push([name, reason, by]),
  });
  // So that the first rise is seen as one.
  expect(told.splice(0)).toEqual(['unknown', 'leaseRanOut', 'refused'].map((reason) => ['weir_notices_put_aside_total', reason, 0]));
  tellPutAside('unknown', 0);
  expect(told).toEqual([]);
  tellPutAside('refused', 3);
  expect(told).toEqual([
    ['notices of payments were put aside for a person', { reason: 'refused', count: 3 }],
    ['weir_notices_put_aside_total', 'refused', 3],
  ]);
});
