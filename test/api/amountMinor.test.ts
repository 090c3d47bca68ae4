import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountMinor } from '../../src/api/amountMinor.ts';
import { parseJson } from '../../src/api/parseJson.ts';

const limit = 1_000_000_000_000_000_000n;
const amount = amountMinor({ max: limit, about: 'what is moved' });

function read(text: string): unknown {
  const { success, data, error } = amount.safeParse(parseJson(Buffer.from(text)));
  return success ? data : error.issues[0]?.message;
}

describe('amountMinor', () => {
  it.each([
    ['12000', 12_000n],
    ['1', 1n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['1000000000000000000', limit],
  ])('takes %s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it.each([
    ['1e3', 'digits alone'],
    ['12000.0', 'digits alone'],
    ['0.5', 'digits alone'],
    ['-0', 'digits alone'],
    ['1E400', 'digits alone'],
    ['"12000"', 'not as text'],
    ['-1', 'at least 1'],
    ['0', 'at least 1'],
    ['1000000000000000001', 'at most 1000000000000000000'],
    ['9'.repeat(40), 'at most'],
    ['null', 'as a number'],
    ['true', 'as a number'],
    ['[12000]', 'as a number'],
    ['{}', 'as a number'],
  ])('refuses %s', (text, sentence) => {
    expect(read(text)).toContain(sentence);
  });

  it('takes nothing where its least is nothing', () => {
    expect(amountMinor({ min: 0n, max: 1n, about: 'a fee' }).parse(0)).toBe(0n);
  });

  it('reads every amount within its limits to the last digit', () => {
    fc.assert(fc.property(fc.bigInt(1n, limit), (value) => read(value.toString()) === value));
  });
});
