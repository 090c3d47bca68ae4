import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';

/** Options of jobs that mark bills and publish them. */
export const publishingOptions = z.object({
  chunk: chunkOption({
    size: 1_000,
    most: 2_000,
    sizeIs: 'Bills marked in one transaction and published in one call. Too small: slow; too large: more duplicates after a crash.',
    maxWaitMs: 50,
    waitIs: 'How long a chunk waits to fill. Too short: small chunks at the end of a page; too long: nothing is gained.',
  }),
});

/** Options of `billing.redispatch`. */
export const redispatchOptions = publishingOptions.extend({
  repeatTextsForMs: z.int().min(0).default(86_400_000).meta({
    description:
      'How long after it was asked for an SMS whose holder died is asked for again by itself; no longer than the endpoint remembers keys. Too short: a person is asked; too long: it is sent twice.',
    unit: 'ms',
  }),
  lostAfterMs: z.int().min(60_000).default(3_600_000).meta({
    description:
      'A bill that was marked this long before now, and before the oldest unsettled message, has lost its own. Too short: duplicates where publishing is slow; too long: lost ones wait.',
    unit: 'ms',
  }),
});
