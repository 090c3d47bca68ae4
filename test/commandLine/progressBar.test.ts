import { describe, expect, it } from 'vitest';
import { progressLine, progressView } from '../../src/commandLine/progressBar.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

describe('progressLine', () => {
  it('shows part, count, rate and the time left', () => {
    expect(progressLine({ label: 'billing.settle 0', done: 500, total: 2_000, perSecond: 100 })).toBe(
      'billing.settle 0  ███████░░░░░░░░░░░░░░░░░░░░░  25 %  500 of 2,000  100/s  15 s left',
    );
  });

  it('shows only the count when nobody knows the total', () => {
    expect(progressLine({ label: 'x', done: 5, total: undefined, perSecond: undefined })).toBe('x  5');
  });
});

describe('progressView', () => {
  const state = { label: 'x', done: 1, total: 2, perSecond: undefined };

  it('redraws its lines on a terminal', () => {
    const written: string[] = [];
    const view = progressView({ isTTY: true, write: (text) => written.push(text) }, virtualClock(new Date(0)));
    view.show([state, state]);
    view.show([state, state]);
    expect(written[0]).not.toContain('\u001b[2A');
    expect(written[1]?.startsWith('\u001b[2A')).toBe(true);
  });

  it('writes a line every two seconds elsewhere', async () => {
    const written: string[] = [];
    const clock = virtualClock(new Date(0));
    const view = progressView({ write: (text) => written.push(text) }, clock);
    view.show([state]);
    view.show([state]);
    await clock.advance(2_000);
    view.show([state]);
    expect(written).toHaveLength(2);
    expect(written.join('')).not.toContain('\u001b');
  });
});
