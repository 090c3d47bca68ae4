import { z } from 'zod';

/** Options of `accountLinks.retryFailed`. */
export const retryFailedOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(2_000).default(200).meta({
        description: 'Requests published again in one transaction. Too small: slow; too large: more is done again after a crash.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(50).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks; too long: partners wait.',
        unit: 'ms',
      }),
    })
    .prefault({}),
});
