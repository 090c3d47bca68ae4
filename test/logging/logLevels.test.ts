import { expect, it } from 'vitest';
import { LogLevels } from '../../src/logging/logLevels.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

it('a level is changed for one name or for all, for its time; the later change of a name holds', async () => {
  const clock = virtualClock(new Date(0));
  const levels = new LogLevels('info', clock);
  const written = (...names: readonly (string | undefined)[]): readonly boolean[] => names.map((name) => levels.isWritten('debug', name));
  expect(written('a', 'b', undefined)).toEqual([false, false, false]);
  expect(levels.isWritten('info', 'a')).toBe(true);

  levels.change('a', 'debug', 1_000);
  expect(written('a', 'b', undefined)).toEqual([true, false, false]);
  levels.change('all', 'debug', 500);
  levels.change('b', 'error', 5_000);
  expect(written('a', 'b', undefined)).toEqual([true, false, true]);
  expect(levels.isWritten('warn', 'b')).toBe(false);
  await clock.advance(500);
  expect(written('a', undefined)).toEqual([true, false]);

  levels.change('a', 'debug', 1_000);
  await clock.advance(999);
  expect(written('a')).toEqual([true]);
  await clock.advance(1);
  expect(written('a')).toEqual([false]);
});
