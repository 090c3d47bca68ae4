import { describe, expect, it } from 'vitest';
import { everyMs, History, none } from '../../../src/console/overview/history.ts';

/** Samples of a pipeline that ends so many messages between two of them. */
function filled(...ended: readonly number[]): History {
  const history = new History();
  let sum = 0;
  ended.forEach((count, at) => {
    sum += count;
    history.add(at * everyMs, new Map([['a', { ended: sum, retries: at, dead: at * 2 }]]));
  });
  return history;
}

describe('History', () => {
  it('knows nothing before its first sample', () => {
    expect(new History().recentOf('a', 5, { ended: 100, retries: 3, dead: 1 })).toEqual({ rate: 0, retries: 0, dead: 0, history: [] });
  });

  it('tells messages a second between samples, the oldest first', () => {
    expect(filled(0, 150, 300).recentOf('a', 3 * everyMs, { ended: 450, retries: 2, dead: 4 }).history).toEqual([10, 20]);
  });

  it('tells the rate since the last sample, or the one before where that is too fresh', () => {
    const history = filled(0, 150);
    expect(history.recentOf('a', everyMs + 5_000, { ended: 200, retries: 0, dead: 0 }).rate).toBe(10);
    expect(history.recentOf('a', everyMs + 1_000, { ended: 160, retries: 0, dead: 0 }).rate).toBe(10);
  });

  it('counts retries and dead letters of the last 15 minutes, and no older ones', () => {
    const history = filled(...Array.from({ length: 100 }, () => 1));
    const recent = history.recentOf('a', 100 * everyMs, { ended: 100, retries: 99, dead: 198 });
    expect(recent).toMatchObject({ retries: 60, dead: 120 });
    expect(recent.history).toHaveLength(60);
  });

  it('knows nothing of what was never there', () => {
    expect(filled(1, 1).recentOf('b', 2 * everyMs, none)).toEqual({ rate: 0, retries: 0, dead: 0, history: [0] });
  });
});
