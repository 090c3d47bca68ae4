import { expect, it } from 'vitest';
import { csvLine } from '../../../pipelines/shared/csv.ts';

it.each([
  ['plain', 'plain'],
  ['', ''],
  ['a,b', '"a,b"'],
  ['say "so"', '"say ""so"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=1+1', `'=1+1`],
  ['=cmd(",")', `"'=cmd("","")"`],
  ['+82', `'+82`],
  ['-1', `'-1`],
  ['@SUM(A1)', `'@SUM(A1)`],
  ['\t=1', `'\t=1`],
  ['\r=1', `"'\r=1"`],
  ['＝1', `'＝1`],
  ['1=1', '1=1'],
])('writes the text %j as %j', (text, written) => {
  expect(csvLine([text, 'x'])).toBe(`${written},x\r\n`);
});

it('writes numbers as they are, and null as nothing', () => {
  expect(csvLine([9_007_199_254_740_993n, -5n, null])).toBe('9007199254740993,-5,\r\n');
});

it('writes decimals digit by digit, a minus in front too', () => {
  expect(
    csvLine([
      { units: -12_345_678_901_234_567_890n, scale: 2 },
      { units: 50n, scale: 2 },
    ]),
  ).toBe('-123456789012345678.90,0.50\r\n');
});
