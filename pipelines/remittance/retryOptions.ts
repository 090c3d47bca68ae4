import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';

/** Options of the jobs that publish again. */
export const retryOptions = z.object({
  chunk: chunkOption({
    size: 200,
    most: 2_000,
    sizeIs: 'Messages published again in one transaction. Too small: slow; too large: more is done again after a crash.',
    maxWaitMs: 50,
    waitIs: 'How long a chunk waits to fill. Too short: small chunks; too long: money waits.',
  }),
});
