import { describe, expect, it } from 'vitest';
import { table } from '../../src/commandLine/table.ts';

describe('table', () => {
  it('aligns text on the left, numbers on the right, with separators, and counts wide characters twice', () => {
    expect(
      table(
        ['pipeline', 'done', 'name'],
        [
          ['billing.deliver', 12345, '김하늘'],
          ['x', 7n, undefined],
        ],
      ).split('\n'),
    ).toEqual([
      'pipeline           done  name',
      '───────────────  ──────  ──────',
      'billing.deliver  12,345  김하늘',
      'x                     7  –',
    ]);
  });
});
