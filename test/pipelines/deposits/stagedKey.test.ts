import { describe, expect, it } from 'vitest';
import { parseStagedBalance, parseStagedKey, stagedKey } from '../../../pipelines/deposits/stagedKey.ts';

describe('a staged key', () => {
  it.each([1n, 42n, 2n ** 63n - 1n])('of user %s is read as it was written', (userId) => {
    expect(parseStagedKey(stagedKey({ userId, day: '2024-02-29' }))).toEqual({ userId, day: '2024-02-29' });
  });

  it.each([
    'user:0:batch_balance:2026-11-24',
    'user:-1:batch_balance:2026-11-24',
    'user:01:batch_balance:2026-11-24',
    'user:9223372036854775808:batch_balance:2026-11-24',
    'user:1:batch_balance:2026-02-29',
    'user:1:batch_balance:2026-13-01',
    'user:1:batch_balance:20261124',
    'user:1:batch_balance:2026-11-24 ',
    'user:1:batch_balance:2026-11-24\n',
    'x:user:1:batch_balance:2026-11-24',
    'user:1:balance',
    'user:1:batch_balance:',
  ])('is not what %j is', (key) => {
    expect(parseStagedKey(key)).toBeUndefined();
  });
});

describe('a staged balance', () => {
  it.each([
    ['0', 0n],
    ['-1', -1n],
    ['9000000000000000', 9_000_000_000_000_000n],
    ['-9000000000000000', -9_000_000_000_000_000n],
  ])('is read from %j', (text, balance) => {
    expect(parseStagedBalance(text)).toBe(balance);
  });

  it.each([
    '',
    '-0',
    '+1',
    '01',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '0x10',
    '١',
    '9000000000000001',
    '-9000000000000001',
    '9223372036854775808',
    '(list)',
  ])('is not what %j is', (text) => {
    expect(parseStagedBalance(text)).toBeUndefined();
  });
});
