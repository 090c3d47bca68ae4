import { expect, it } from 'vitest';
import { WeirError } from '../../src/errors.ts';
import type { LogFields } from '../../src/logging/logger.ts';
import { BackgroundLoops } from '../../src/runtime/backgroundLoops.ts';
import { silent } from '../support/aSpec.ts';

function watched(): { readonly loops: BackgroundLoops; readonly errors: readonly LogFields[] } {
  const errors: LogFields[] = [];
  const log = { ...silent, error: (_sentence: string, fields: LogFields = {}) => void errors.push(fields) };
  return { loops: new BackgroundLoops(log), errors };
}

it('a loop that fails is told at once with its frames, by its name, and leaves the others alone', async () => {
  const { loops, errors } = watched();
  const other = Promise.withResolvers<undefined>();
  loops.watch('pauses', other.promise);
  loops.watch('replays', Promise.reject(new TypeError('of a secret')));
  // A rejection that nobody observes fails the suite.
  await new Promise((resolve) => setImmediate(resolve));
  expect(loops.failed()).toEqual(['replays']);
  expect(errors).toEqual([
    { key: 'replays', code: 'defect', error: 'TypeError (see the log)', frames: expect.stringContaining('backgroundLoops.test') as string },
  ]);
  other.resolve(undefined);
  expect(await loops.ended()).toBe(false);
});

it('loops that all resolve are clean', async () => {
  const { loops, errors } = watched();
  expect(await loops.ended()).toBe(true);
  loops.watch('jobs', Promise.resolve());
  expect({ isClean: await loops.ended(), failed: loops.failed(), errors }).toEqual({ isClean: true, failed: [], errors: [] });
  loops.watch('schedules', Promise.reject(new WeirError('unavailable', 'away')));
  expect({ isClean: await loops.ended(), failed: loops.failed() }).toEqual({ isClean: false, failed: ['schedules'] });
});
