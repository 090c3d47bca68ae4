import { expect, it } from 'vitest';
import { RowRate } from '../../../src/runtime/jobs/rowRate.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

it('follows the rows of the last ten to twenty seconds and falls to zero when they stand', async () => {
  const clock = virtualClock(new Date(0));
  const rate = new RowRate(clock, 500);
  expect(rate.at(500)).toBe(0);
  let rows = 500;
  for (let second = 0; second < 60; second += 1) {
    await clock.advance(1_000);
    rows += second < 30 ? 100 : 1_000;
    if (second === 29) expect(rate.at(rows)).toBe(100);
    else rate.at(rows);
  }
  expect(rate.at(rows)).toBe(1_000);
  for (let second = 0; second < 21; second += 1) {
    await clock.advance(1_000);
    rate.at(rows);
  }
  expect(rate.at(rows)).toBe(0);
});
