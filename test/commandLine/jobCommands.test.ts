import { describe, expect, it } from 'vitest';
import { runSheet } from '../../src/commandLine/jobCommands.ts';
import type { RunView } from '../../src/runtime/jobs/showRun.ts';

const failure = '8 members have neither bill nor reason.';

function aRun(status: RunView['status'], failed: Pick<RunView, 'failure' | 'failureCode'>): RunView {
  return {
    ...{ id: 1n, job: 'billing.settle', key: '2026-11', status, planVersion: 1, createdAt: new Date(0), finishedAt: null },
    ...{ partitions: 0, completed: 0, rowsRead: 0n, total: 0n, skipped: 0n, rowsPerSecond: 0, etaSeconds: 0 },
    ...{ partitionViews: [], skips: [], ...failed },
  };
}

function sentenceOf(run: RunView): string | undefined {
  return runSheet(run)
    .split('\n')
    .find((line) => line.includes(failure));
}

describe('runSheet', () => {
  it('shows instants in UTC, and says so', () => {
    expect(runSheet(aRun('OPEN', { failure: null, failureCode: null }))).toMatch(/ 1970-01-01 00:00:00 UTC +–$/m);
  });

  it('tells why a run failed', () => {
    expect(sentenceOf(aRun('FAILED', { failure, failureCode: 'incomplete' }))).toBe(`FAILED: ${failure} (incomplete)`);
  });

  it.each(['COMPLETED', 'OPEN', 'PLANNING', 'STOPPED'] as const)('tells of a run that is %s what it has recovered from', (status) => {
    expect(sentenceOf(aRun(status, { failure, failureCode: 'incomplete' }))).toBe(`recovered from: ${failure} (incomplete)`);
  });

  it('tells of no failure where none was', () => {
    expect(runSheet(aRun('COMPLETED', { failure: null, failureCode: null }))).not.toContain('recovered');
  });
});
