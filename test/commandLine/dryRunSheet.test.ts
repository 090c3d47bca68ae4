import { describe, expect, it } from 'vitest';
import { dryRunSheet } from '../../src/commandLine/dryRunSheet.ts';

describe('dryRunSheet', () => {
  it('shows sums, their parts, samples and what would be put aside, amounts as numbers and ids as they are', () => {
    const end = {
      rows: 1_200,
      dead: 1,
      skips: [{ partition: 'members 1 of 4', position: '77', stage: 'reckonBill', code: 'constraint', reason: 'permanent: no.' }],
      summary: {
        bills: 1_199,
        feeMinor: '12345678901234567890',
        discountsMinor: { BIRTHDAY: '5000', FAMILY: '2000' },
        samples: [{ publicInfoId: '100000', sendOn: '2026-11-15', feeMinor: '40000' }],
      },
    };
    expect(dryRunSheet('billing.settle:2026-11', end).split('\n')).toEqual([
      'Nothing was written. billing.settle:2026-11 would read 1,200 rows and put 1 aside.',
      '',
      'in all',
      '────────  ──────────────────────────',
      'bills                          1,199',
      'feeMinor  12,345,678,901,234,567,890',
      '',
      'discountsMinor',
      '──────────────  ─────',
      'BIRTHDAY        5,000',
      'FAMILY          2,000',
      '',
      'samples:',
      'publicInfoId  sendOn      feeMinor',
      '────────────  ──────────  ────────',
      '100000        2026-11-15    40,000',
      '',
      'partition       row put aside  stage       code        reason',
      '──────────────  ─────────────  ──────────  ──────────  ──────────────',
      'members 1 of 4  77             reckonBill  constraint  permanent: no.',
    ]);
  });

  it('says of a job without findings only how much it read', () => {
    expect(dryRunSheet('x:1', { rows: 0, dead: 0, skips: [], summary: {} })).toBe(
      'Nothing was written. x:1 would read 0 rows and put 0 aside.',
    );
  });
});
