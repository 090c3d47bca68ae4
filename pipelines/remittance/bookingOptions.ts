import { z } from 'zod';
import { tryOptions } from './tryOptions.ts';

/** Options of the pipelines that book: `remittance.settle` and `remittance.withdraw`. */
export const bookingOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(2_000).default(500).meta({
        description: 'Requests booked in one transaction. Too small: slow, since all take turns at one account; too large: others wait.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(20).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks; too long: money waits.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  try: tryOptions,
});
