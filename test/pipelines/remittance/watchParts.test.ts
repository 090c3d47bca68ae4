import { expect, it } from 'vitest';
import { planWatch, readHow } from '../../../pipelines/remittance/watchParts.ts';

it.each([
  [0, []],
  [1, [{ name: 'alone', input: { how: 'alone' }, total: 1 }]],
  [10, [{ name: 'alone', input: { how: 'alone' }, total: 10 }]],
  [11, [{ name: 'together', input: { how: 'together' }, total: 1 }]],
])('%i late remittances are told of so that they are read', (late, plan) => {
  expect(planWatch(late, { mostAlone: 10 })).toEqual(plan);
  for (const { input, name } of planWatch(late, { mostAlone: 10 })) expect(readHow(input)).toBe(name);
});
