import { z } from 'zod';

/** The options of the settlement. */
export const settleOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(10_000).default(2_000).meta({
        description: 'Bills written in one transaction. Too small: more transactions; too large: more memory, and more work to repeat.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(50).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks at the end of a page; too long: nothing is gained.',
        unit: 'ms',
      }),
    })
    .prefault({}),
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
