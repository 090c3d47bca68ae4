import { describe, expect, it } from 'vitest';
import { Paces } from '../../../operators/internal/paces.ts';

const minuteMs = 60_000;

describe('paces', () => {
  it('are full for whoever was never refused', () => {
    expect(new Paces(0.01).of('a', 0)).toBe(1);
  });

  it('fall with each refusal to the least and grow with each answer to the whole', () => {
    const paces = new Paces(0.5);
    paces.slowDown('a');
    expect(paces.of('a', 0)).toBeCloseTo(0.8);
    for (let refusals = 0; refusals < 10; refusals += 1) paces.slowDown('a');
    expect(paces.of('a', 0)).toBe(0.5);
    paces.speedUp('a');
    expect(paces.of('a', 0)).toBeCloseTo(0.525);
    for (let answers = 0; answers < 20; answers += 1) paces.speedUp('a');
    expect(paces.of('a', 0)).toBe(1);
  });

  it('double with each minute without a refusal, and no further than the whole', () => {
    const paces = new Paces(0.125);
    for (let refusals = 0; refusals < 20; refusals += 1) paces.slowDown('a');
    expect([0, 1, 2, 3, 9].map((minutes) => paces.of('a', minutes * minuteMs))).toEqual([0.125, 0.25, 0.5, 1, 1]);
  });

  it('begin the minute anew with a refusal', () => {
    const paces = new Paces(0.1);
    for (let refusals = 0; refusals < 20; refusals += 1) paces.slowDown('a');
    paces.of('a', minuteMs);
    paces.slowDown('a');
    expect(paces.of('a', minuteMs)).toBeCloseTo(0.16);
    expect(paces.of('a', 2 * minuteMs)).toBeCloseTo(0.32);
  });

  it('are remembered only while they are slower', () => {
    const paces = new Paces(0.5);
    for (let key = 0; key < 1_000; key += 1) paces.slowDown(String(key));
    expect(paces.size).toBe(1_000);
    for (let looks = 0; looks < 1_000; looks += 1) paces.of('another', 10 * minuteMs);
    expect(paces.size).toBe(0);
  });
});
