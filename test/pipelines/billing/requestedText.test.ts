import { describe, expect, it } from 'vitest';
import { encodeRequestedText, requestedTextSchema, type RequestedText } from '../../../pipelines/billing/requestedText.ts';
import { codeOf } from '../../../src/errors.ts';

const request: RequestedText = { billId: 77n, billingDate: '2026-11-01', publicInfoId: 1_001n, token: 9_007_199_254_740_993n };
const written = (): Record<string, unknown> => JSON.parse(Buffer.from(encodeRequestedText(request)).toString()) as Record<string, unknown>;

function refusalOf(message: unknown): string {
  try {
    requestedTextSchema.parse(message);
    return 'read';
  } catch (error) {
    return codeOf(error);
  }
}

describe('the message of an SMS', () => {
  it('is read as it was written, identifiers beyond a double too', () => {
    expect(requestedTextSchema.parse(written())).toEqual(request);
  });

  it.each([
    ['a newer version', { version: 2 }, 'newerVersion'],
    ['an unknown field', { phone: '010' }, 'undecodable'],
    ['a token that is no number', { token: '5; DROP' }, 'undecodable'],
    ['a bill beyond 64 bits', { billId: '9223372036854775808' }, 'undecodable'],
    ['a day that is not the first', { billingDate: '2026-11-02' }, 'undecodable'],
  ])('with %s is refused', (_what, change, code) => {
    expect(refusalOf({ ...written(), ...change })).toBe(code);
  });
});
