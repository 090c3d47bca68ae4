import { describe, expect, it } from 'vitest';
import { machineSeconds, processStat, treeSeconds } from '../../../bench/load/procStat.ts';

describe('machineSeconds', () => {
  it('counts work of every kind and what other guests stole, but not idleness and waiting', () => {
    const text = 'cpu  100 20 30 9000 800 4 5 6 70 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n';
    expect(machineSeconds(text)).toBeCloseTo(1.65);
  });
});

describe('processStat', () => {
  it('reads parent and processor time, also that of children that have ended', () => {
    const text = '42 (node) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 25 75 20 0 11 0 100 1000 10';
    expect(processStat(text)).toEqual({ pid: 42, parent: 7, seconds: 3 });
  });

  it('is not misled by a name with spaces and brackets', () => {
    const text = '43 (a (bad) name 1 2) S 42 43 43 0 -1 4194560 100 0 0 0 100 0 0 0 20 0 11 0 100 1000 10';
    expect(processStat(text)).toEqual({ pid: 43, parent: 42, seconds: 1 });
  });
});

describe('treeSeconds', () => {
  it('sums a process and all that descends from it, and nobody else', () => {
    const processes = [
      { pid: 1, parent: 0, seconds: 1_000 },
      { pid: 10, parent: 1, seconds: 1 },
      { pid: 11, parent: 10, seconds: 2 },
      { pid: 12, parent: 11, seconds: 4 },
      { pid: 20, parent: 1, seconds: 500 },
    ];
    expect(treeSeconds(processes, 10)).toBe(7);
  });
});
