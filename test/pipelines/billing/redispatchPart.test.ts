import { expect, test } from 'vitest';
import { lostBeforeOf, planPart, readPart, redispatchKinds } from '../../../pipelines/billing/redispatchPart.ts';

const asOf = new Date('2026-11-21T11:46:00Z');
const hourMs = 3_600_000;
const ago = (ms: number): Date => new Date(asOf.getTime() - ms);

test.each(redispatchKinds)('a part of bills that are %s is read as it was planned', (kind) => {
  const part = { kind, billingDate: '2026-11-01', lostBefore: ago(hourMs), asOf };
  const plan = planPart(part);
  expect(plan).toMatchObject({ name: `${kind} 2026-11`, total: undefined });
  expect(readPart({ key: asOf, input: JSON.parse(JSON.stringify(plan.input)) as unknown })).toEqual(part);
});

test.each([
  ['every message is settled', undefined, hourMs],
  ['an older message is not settled', ago(2 * hourMs), 2 * hourMs],
  ['a younger message is not settled', ago(1), hourMs],
])('a message is lost that was pending before what may be on the way: %s', (_when, oldest, expectedMs) => {
  expect(lostBeforeOf(asOf, oldest, hourMs)).toEqual(ago(expectedMs));
});
