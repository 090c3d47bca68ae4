import { describe, expect, it } from 'vitest';
import type { Entrant, Entrants } from '../../bench/benchmark.ts';
import { measure, type Quiet } from '../../bench/measure.ts';

/** A machine on which nobody else works, or in each run as much as `loads` say, in turn. */
function aMachine(loads: readonly number[] = []): Quiet {
  let run = 0;
  return { wait: () => Promise.resolve(), watch: () => () => loads[run++] ?? 0 };
}

function entrants(order: string[]): Required<Entrants> {
  const entrant = (name: string): Entrant => ({
    run: () => {
      order.push(name);
      return Promise.resolve(10);
    },
  });
  return { ours: entrant('ours'), baseline: entrant('baseline'), ceiling: entrant('ceiling') };
}

const options = { runs: 2, patienceMs: 0, onProgress: () => undefined };

describe('measure', () => {
  it('warms every contestant up, then lets them take turns, each round begun by another', async () => {
    const order: string[] = [];
    const rates = await measure(entrants(order), options, aMachine());
    const [warmUp, first, second] = [order.slice(0, 3), order.slice(3, 6), order.slice(6)];
    expect(warmUp).toEqual(['ceiling', 'ours', 'baseline']);
    expect(first).toEqual(['ceiling', 'ours', 'baseline']);
    expect(second).toEqual(['ours', 'baseline', 'ceiling']);
    expect(rates.ours).toHaveLength(2);
    expect(rates.disturbedRuns).toBe(0);
  });

  it('repeats a run during which others worked, and counts the quiet one', async () => {
    const order: string[] = [];
    const { ours, ceiling } = entrants(order);
    const rates = await measure({ ours, ceiling }, { ...options, runs: 1 }, aMachine([0, 0, 0.5, 0.02]));
    expect(order.slice(2)).toEqual(['ceiling', 'ceiling', 'ours']);
    expect(rates).toMatchObject({ baseline: undefined, disturbedRuns: 0 });
    expect(rates.ceiling).toHaveLength(1);
  });

  it('gives up after three repeats and says so', async () => {
    const order: string[] = [];
    const { ours, ceiling } = entrants(order);
    const rates = await measure({ ours, ceiling }, { ...options, runs: 1 }, aMachine([0, 0, 0.5, 0.6, 0.4, 0.7]));
    expect(order.filter((name) => name === 'ceiling')).toHaveLength(5);
    expect(rates).toMatchObject({ disturbedRuns: 1 });
    expect(rates.ceiling).toHaveLength(1);
  });

  it('fails when what a contestant left is wrong', async () => {
    const wrong = { run: () => Promise.resolve(10), check: () => Promise.reject(new Error('a bill is missing')) };
    await expect(measure({ ...entrants([]), ours: wrong }, options, aMachine())).rejects.toThrow('a bill is missing');
  });
});
