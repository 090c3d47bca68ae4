import { describe, expect, it } from 'vitest';
import { until } from './until.ts';

describe('until', () => {
  it('returns the first answer that is something, past errors and nothings', async () => {
    const answers = [
      () => undefined,
      () => false,
      (): string => {
        throw new Error('not yet');
      },
      () => 'here',
    ];
    expect(await until('it is here', () => answers.shift()?.())).toBe('here');
  });

  it('asks no more often than it is told', async () => {
    let asked = 0;
    const waiting = until('it never is', () => void (asked += 1), { limitMs: 100, everyMs: 40 });
    await expect(waiting).rejects.toThrow();
    expect(asked).toBeLessThanOrEqual(4);
  });

  it('tells what it waited for, and the last error', async () => {
    const failure = new Error('still not');
    const waiting = until('the moon is blue', () => Promise.reject(failure), { limitMs: 20 });
    await expect(waiting).rejects.toMatchObject({ message: 'Waited 20 ms in vain until the moon is blue.', cause: failure });
  });
});
