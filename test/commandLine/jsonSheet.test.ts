import { describe, expect, it } from 'vitest';
import { jsonSheet } from '../../src/commandLine/jsonSheet.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';

const attempt = (number: number): Json => ({ number, result: 'SENT', startedAt: '2026-11-22T04:15:09.123+00:00' });

function linesOf(told: Json): readonly string[] {
  return jsonSheet('billing.find', told)
    .join('\n\n')
    .split('\n')
    .map((line) => line.trimEnd().replaceAll(/ {2,}/g, ' | '))
    .filter((line) => !line.startsWith('─'));
}

describe('jsonSheet', () => {
  it('makes a table of each list within a list, whose rows begin with what they belong to', () => {
    const bills = [
      { bill: '7', month: '2026-11', attempts: [attempt(1), attempt(2)], failures: [{ code: 'refused' }] },
      { bill: '8', month: '2026-12', attempts: [attempt(1)], failures: [] },
    ];
    expect(linesOf({ members: [{ publicInfoId: '1001', name: '홍*동', bills }] })).toEqual([
      ...['members:', 'publicInfoId | name', '1001 | 홍*동', ''],
      ...['bills:', 'bill | month', '7 | 2026-11', '8 | 2026-12', ''],
      ...['attempts:', 'bill | number | result | startedAt'],
      '7 | 1 | SENT | 2026-11-22 04:15:09 UTC',
      '7 | 2 | SENT | 2026-11-22 04:15:09 UTC',
      ...['8 | 1 | SENT | 2026-11-22 04:15:09 UTC', ''],
      ...['failures:', 'bill | code', '7 | refused'],
    ]);
  });

  it('prints a list of texts, one a line', () => {
    expect(linesOf({ resolved: 2, bills: ['7', '8'] })).toEqual(['billing.find', 'resolved | 2', '', 'bills', '7', '8']);
  });

  it('writes what has parts but is no list of rows into its cell', () => {
    expect(linesOf([{ action: 'billing.resolve', input: { as: 'sent', bills: ['7', '8'] } }])).toEqual([
      'action | input',
      'billing.resolve | as: sent, bills: 7, 8',
    ]);
  });

  it('has the columns of every row, not of the first alone', () => {
    expect(linesOf([{ a: '1' }, { a: '2', b: '3' }])).toEqual(['a | b', '1 | –', '2 | 3']);
  });

  it('is nothing for what tells nothing', () => {
    expect([jsonSheet('x', undefined), jsonSheet('x', []), jsonSheet('x', {})]).toEqual([[], [], []]);
  });
});
