import { expect, it } from 'vitest';
import { WeirError, type ErrorCode } from '../../../src/errors.ts';
import { consequenceOf } from '../../../src/runtime/jobs/failure.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

const clock = virtualClock(new Date(0));
const settings = { maxFailures: 3, restart: { firstMs: 5, maxMs: 20 } };

it.each([
  ['unavailable', 0, 'retry'],
  ['unavailable', 1, 'retry'],
  ['unavailable', 2, 'fail'],
  ['outcomeUnknown', 0, 'retry'],
  ['constraint', 0, 'fail'],
  ['defect', 0, 'fail'],
  ['skipLimit', 0, 'fail'],
  ['fenced', 0, 'fenced'],
] as const satisfies readonly (readonly [ErrorCode, number, string])[])('%s after %i failures: %s', (code, before, how) => {
  expect(consequenceOf(new WeirError(code, 'because'), before, settings, clock)).toMatchObject({ how });
});
