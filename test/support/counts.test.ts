import { describe, expect, it } from 'vitest';
import { closingLine, countsOf, type Report } from './counts.ts';

function aReport(changes: Partial<Report> = {}): Report {
  return { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...changes };
}

describe('countsOf', () => {
  it('counts passed, failed and skipped tests', () => {
    const report = aReport({ numFailedTests: 2, numPendingTests: 1, numTodoTests: 4 });
    expect(countsOf(report, false)).toEqual({ passed: 3, failed: 2, skipped: 5 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const report = aReport({ testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }] });
    expect(countsOf(report, false)).toMatchObject({ failed: 1 });
  });

  it('counts a run as a failure that failed for a reason outside its tests', () => {
    expect(countsOf(aReport(), false)).toMatchObject({ failed: 1 });
    expect(countsOf(aReport(), true)).toMatchObject({ failed: 0 });
  });
});

describe('closingLine', () => {
  it('names skipped tests only where there are some', () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
    expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });
});
