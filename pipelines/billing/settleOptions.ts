import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';

/** The options of the settlement. */
export const settleOptions = z.object({
  chunk: chunkOption({
    size: 2_000,
    most: 10_000,
    sizeIs: 'Bills written in one transaction. Too small: more transactions; too large: more memory, and more work to repeat.',
    maxWaitMs: 50,
    waitIs: 'How long a chunk waits to fill. Too short: small chunks at the end of a page; too long: nothing is gained.',
  }),
  monthsAhead: z.int().min(1).max(24).default(2).meta({
    description: 'Months made ahead of the billing month. Too few: usage has no open period when a run is late; too many: empty tables.',
    unit: 'months',
  }),
  skipLimit: z.int().min(0).default(1_000).meta({
    description: 'Members put aside in one run. Too small: a few wrong lines stop a month; too large: a wrong month looks like success.',
    unit: 'messages',
  }),
});
export type SettleOptions = z.infer<typeof settleOptions>;
