import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';

/** Options of `billing.deadLetters`. */
export const deadLettersOptions = z.object({
  log: chunkOption({
    size: 200,
    most: 2_000,
    sizeIs: 'Dead letters logged in one transaction. Too small: more transactions; too large: more is read again after a crash.',
    maxWaitMs: 100,
    waitIs: 'How long a dead letter waits for others. Too short: small transactions; too long: operators see it later.',
  }),
});
