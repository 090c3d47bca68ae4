import { describe, expect, it } from 'vitest';
import { jobAttention } from '../../../src/console/overview/jobAttention.ts';
import type { UnsettledRun } from '../../../src/runtime/jobs/unsettledRuns.ts';

const aRun = (over: Partial<UnsettledRun>): UnsettledRun => ({
  ...{ id: 1n, job: 'billing.settle', key: '2026-10', status: 'COMPLETED', failure: null, finishedAt: null, skipped: 0n, ...over },
});
const text = (...runs: readonly UnsettledRun[]): readonly string[] =>
  jobAttention([], runs).map((item) => `${item.level} ${item.view} ${item.text}`);

describe('what of jobs a person should look at', () => {
  it('is each run that failed, whatever was opened since', () => {
    const runs = [aRun({ status: 'FAILED', failure: 'no usage' }), aRun({ id: 2n, key: '2026-11', status: 'FAILED', failure: 'no rates' })];
    expect(text(...runs)).toEqual([
      'page #/jobs/1 billing.settle:2026-10 has failed: no usage',
      'page #/jobs/2 billing.settle:2026-11 has failed: no rates',
    ]);
  });

  it('is told with when it ended', () => {
    const finishedAt = new Date('2026-11-01T00:10:00Z');
    const [failed] = jobAttention([], [aRun({ status: 'FAILED', finishedAt })]);
    expect(failed?.since).toBe('2026-11-01T00:10:00.000Z');
  });

  it('is once for a job what its runs have put aside, as an item that leads to the oldest', () => {
    expect(text(aRun({ skipped: 7n }))).toEqual(['ticket #/jobs/1 billing.settle:2026-10 has put 7 rows aside']);
    expect(text(aRun({ skipped: 1_000n }), aRun({ id: 2n, skipped: 1n }))).toEqual([
      'ticket #/jobs/1 billing.settle:2026-10 and 1 later runs have put 1,001 rows aside',
    ]);
    const many = Array.from({ length: 20 }, (_, at) => aRun({ id: BigInt(at + 1), skipped: 1n }));
    expect(text(...many)).toEqual(['ticket #/jobs/1 billing.settle:2026-10 and at least 19 later runs have put 20 rows aside']);
  });

  it('is a latest run that a person has stopped', () => {
    const latest = { job: 'billing.settle', status: 'STOPPED', key: '2026-11', run: '3', endedAt: '2026-11-01T00:10:00.000Z' };
    expect(jobAttention([latest, { ...latest, status: 'COMPLETED' }], [])).toEqual([
      { level: 'ticket', view: '#/jobs/3', since: '2026-11-01T00:10:00.000Z', text: 'billing.settle:2026-11 was stopped by a person' },
    ]);
  });
});
