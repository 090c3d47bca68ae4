import { expect, test } from 'vitest';
import { latencyDraws } from '../../simulators/latency.ts';
import { seededRandom } from '../../simulators/seededRandom.ts';

function drawn(meanMs: number, sigma: number, seed = 1): readonly number[] {
  const draw = latencyDraws({ meanMs, sigma }, seededRandom(seed));
  return Array.from({ length: 50_000 }, draw).sort((one, other) => one - other);
}

test('a server without latency takes no time, one without spread always the mean', () => {
  expect(new Set(drawn(0, 1))).toEqual(new Set([0]));
  expect(new Set(drawn(40, 0))).toEqual(new Set([40]));
});

test('the mean is kept and the times are log-normal', () => {
  const times = drawn(40, 0.5);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  expect(mean).toBeGreaterThan(39);
  expect(mean).toBeLessThan(41);
  // The quantiles of a log-normal distribution are those of the normal one, raised.
  const medianMs = 40 * Math.exp(-0.125);
  for (const [share, deviations] of [
    [0.025, -1.96],
    [0.5, 0],
    [0.975, 1.96],
  ] as const) {
    const quantile = times[Math.floor(share * times.length)] ?? 0;
    expect(Math.abs(Math.log(quantile / (medianMs * Math.exp(0.5 * deviations))))).toBeLessThan(0.05);
  }
});

test('a seed repeats its times', () => {
  expect(drawn(40, 1, 7)).toEqual(drawn(40, 1, 7));
  expect(drawn(40, 1, 7)).not.toEqual(drawn(40, 1, 8));
});
