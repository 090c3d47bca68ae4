import { expect, test } from 'vitest';
import { statusFailure } from '../../src/connectors/statusFailure.ts';

const asked = { service: 'The gateway', what: 'refund' };

test.each([200, 201, 202, 204])('%i is no failure', (status) => {
  expect(statusFailure({ status }, asked)).toBeUndefined();
});

test.each([
  [400, 'refused', true],
  [401, 'unavailable', false],
  [403, 'unavailable', false],
  [404, 'refused', true],
  [408, 'throttled', true],
  [409, 'refused', true],
  [422, 'refused', true],
  [425, 'throttled', true],
  [429, 'throttled', true],
  [500, 'outcomeUnknown', false],
  [502, 'outcomeUnknown', false],
  [503, 'unavailable', false],
  [504, 'outcomeUnknown', false],
  [302, 'outcomeUnknown', false],
  [0, 'outcomeUnknown', false],
])('%i is %s', (status, code, isAnswer) => {
  expect(statusFailure({ status }, asked)).toMatchObject({ code, isAnswer });
});

test('a wait that is asked for is kept, by those that can be waited for', () => {
  expect(statusFailure({ status: 429, retryAfterMs: 7_000 }, asked)).toMatchObject({ code: 'throttled', retryAfterMs: 7_000 });
  expect(statusFailure({ status: 503, retryAfterMs: 7_000 }, asked)).toMatchObject({ code: 'unavailable', retryAfterMs: 7_000 });
});

test('the sentence names the service, its status and what was asked', () => {
  expect(statusFailure({ status: 404 }, asked)?.message).toBe('The gateway answered 404: it does not take this refund.');
  expect(statusFailure({ status: 500 }, asked)?.message).toBe('The gateway answered 500: it may have the refund.');
});
