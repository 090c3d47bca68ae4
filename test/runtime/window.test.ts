import { describe, expect, it } from 'vitest';
import { Window } from '../../src/runtime/window.ts';

const never = new AbortController().signal;

describe('Window', () => {
  it('grants what is free of both bounds, and returns what is given back', async () => {
    const window = new Window({ window: 10, maxSpan: 6 });
    expect(await window.take(4, 'a', never)).toBe(4);
    expect(await window.take(4, 'a', never)).toBe(2);
    expect(await window.take(9, 'b', never)).toBe(4);
    window.giveBack(3, 'b');
    expect(await window.take(9, 'b', never)).toBe(3);
  });

  it('serves waiters in their order', async () => {
    const window = new Window({ window: 2, maxSpan: 10 });
    await window.take(2, 'a', never);
    const served: string[] = [];
    const waits = ['first', 'second', 'third'].map((name) => window.take(1, name, never).then(() => served.push(name)));
    window.leave(1);
    await waits[0];
    expect(served).toEqual(['first']);
    window.leave(2);
    await Promise.all(waits);
    expect(served).toEqual(['first', 'second', 'third']);
  });

  it('lets others pass a waiter whose partition has no span left', async () => {
    const window = new Window({ window: 10, maxSpan: 2 });
    await window.take(2, 'a', never);
    const held = window.take(1, 'a', never);
    expect(await window.take(1, 'b', never)).toBe(1);
    window.leave(2);
    window.rise('a', 2);
    expect(await held).toBe(1);
  });

  it('gives nothing to a waiter that has left', async () => {
    const window = new Window({ window: 1, maxSpan: 10 });
    await window.take(1, 'a', never);
    const leaving = new AbortController();
    const gone = window.take(1, 'a', leaving.signal);
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    window.leave(1);
    expect(await window.take(1, 'b', never)).toBe(1);
  });

  it('grants nothing while paused, and serves who waited when it is resumed', async () => {
    const window = new Window({ window: 5, maxSpan: 5 });
    window.pause();
    let granted = 0;
    const waiting = window.take(3, 'a', never).then((count) => (granted = count));
    window.leave(0);
    await Promise.resolve();
    expect(granted).toBe(0);
    window.resume();
    await waiting;
    expect(granted).toBe(3);
  });
});
