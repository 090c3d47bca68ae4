import { describe, expect, it } from 'vitest';
import { jsonOf, resultOf, thisMachine, type Rates, type Setting } from '../../bench/result.ts';

const machine = { processor: 'a processor', cores: 2, memoryGb: 8, platform: 'linux x64', node: 'v24.0.0' };
const setting: Setting = { name: 'settle', unit: 'bills/s', size: 1_000, facts: { 'memory, MB': 100 }, machine };
const rates: Rates = { ours: [30, 50.4, 40], baseline: [10, 20, 8], ceiling: [80, 100, 50], disturbedRuns: 1 };

describe('resultOf', () => {
  it('sets the median of ours beside the medians of the others', () => {
    expect(resultOf(setting, rates)).toEqual({
      name: 'settle',
      unit: 'bills/s',
      size: 1_000,
      runs: 3,
      ours: 40,
      baseline: 10,
      ceiling: 80,
      ratioToBaseline: 4,
      ratioToCeiling: 0.5,
      disturbedRuns: 1,
      facts: { 'memory, MB': 100 },
      machine,
    });
  });

  it('says null where there is no baseline', () => {
    expect(resultOf(setting, { ...rates, baseline: undefined })).toMatchObject({ baseline: null, ratioToBaseline: null });
  });

  it('takes ratios from what was measured, not from what is rounded for people', () => {
    const slow = { ours: [1.4], baseline: undefined, ceiling: [2.8], disturbedRuns: 0 };
    expect(resultOf(setting, slow)).toMatchObject({ ours: 1, ceiling: 3, ratioToCeiling: 0.5 });
  });
});

describe('jsonOf', () => {
  const result = resultOf(setting, rates);

  it('is an object for one benchmark', () => {
    expect(JSON.parse(jsonOf([result]))).toEqual(result);
  });

  it('is a list for several', () => {
    expect(JSON.parse(jsonOf([result, result]))).toEqual([result, result]);
  });
});

describe('thisMachine', () => {
  it('names what a rate depends on', () => {
    expect(thisMachine()).toMatchObject({ node: process.version, platform: `${process.platform} ${process.arch}` });
    expect(thisMachine().cores).toBeGreaterThan(0);
  });
});
