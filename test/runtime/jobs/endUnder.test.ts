import { describe, expect, it } from 'vitest';
import type { ChainRun, RunEnd } from '../../../src/runtime/runChain.ts';
import { endUnder } from '../../../src/runtime/jobs/endUnder.ts';

/** A run that records what is asked of it, and ends when the test says so. */
function aChainRun(): { readonly run: ChainRun; readonly asked: readonly string[]; readonly end: (end: RunEnd) => void } {
  const { promise, resolve } = Promise.withResolvers<RunEnd>();
  const asked: string[] = [];
  const run: ChainRun = {
    ended: promise,
    counts: () => ({}) as ReturnType<ChainRun['counts']>,
    spans: () => [],
    waits: () => [],
    standingMs: () => 0,
    drain: () => void asked.push('drain'),
    pause: () => undefined,
    resume: () => undefined,
    cut: () => void asked.push('cut'),
  };
  return { run, asked, end: resolve };
}

const completed: RunEnd = { how: 'completed', isQuiet: true };

describe('the end of a run under signals', () => {
  it.each([
    ['drain', { drain: AbortSignal.abort(), cut: new AbortController().signal }],
    ['cut', { cut: AbortSignal.abort() }],
  ])('obeys a signal that was aborted before it began: %s', async (what, signals) => {
    const { run, asked, end } = aChainRun();
    const ended = endUnder(run, signals);
    expect(asked).toEqual([what]);
    end(completed);
    expect(await ended).toEqual(completed);
  });

  it('obeys the signals while the run lasts, and not afterwards', async () => {
    const [drain, cut] = [new AbortController(), new AbortController()];
    const { run, asked, end } = aChainRun();
    const ended = endUnder(run, { drain: drain.signal, cut: cut.signal });
    expect(asked).toEqual([]);
    drain.abort();
    expect(asked).toEqual(['drain']);
    end(completed);
    await ended;
    cut.abort();
    expect(asked).toEqual(['drain']);
  });

  it('rejects with the error of a run that failed', async () => {
    const { run, end } = aChainRun();
    end({ how: 'failed', isQuiet: true, error: new Error('it failed') });
    await expect(endUnder(run, { cut: new AbortController().signal })).rejects.toThrow('it failed');
  });
});
