import { expect, test } from 'vitest';
import { lostBeforeOf, planPart, readPart, redispatchKinds } from '../../../pipelines/billing/redispatchPart.ts';

const asOf = new Date('2026-11-21T11:46:00Z');
const hourMs = 3_600_000;
const ago = (ms: number): Date => new Date(asOf.getTime() - ms);

test.each(redispatchKinds)('a part of bills that are %s is read as it was planned', (kind) => {
  const part = {
    kind,
    billingDate: '2026-11-01',
    lostBefore: ago(hourMs),
    textLostBefore: ago(2 * hourMs),
    textRepeatAfter: ago(24 * hourMs),
    asOf,
  };
  const plan = planPart(part);
  expect(plan).toMatchObject({ name: `${kind} 2026-11`, total: undefined });
  expect(readPart({ key: asOf, input: JSON.parse(JSON.stringify(plan.input)) as unknown })).toEqual(part);
});

test.each([
  ['every message is settled', undefined, hourMs],
  ['the oldest unsettled message is old', ago(2 * hourMs), 3 * hourMs],
  ['the oldest unsettled message is young', ago(1), hourMs + 1],
  ['the oldest unsettled message is younger than the run', ago(-1), hourMs],
])('a bill has lost its message that was marked an hour before whatever may be on the way: %s', (_when, oldest, expectedMs) => {
  expect(lostBeforeOf(asOf, oldest, hourMs)).toEqual(ago(expectedMs));
});
