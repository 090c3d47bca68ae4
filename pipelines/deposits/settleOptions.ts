import { z } from 'zod';

/** How long a balance stands in Redis, for whoever writes one. */
export const balanceTtlSeconds = z.int().min(60).max(31_536_000).default(172_800).meta({
  description:
    'How long a balance stands in Redis since it was last written. Too short: readers ask for what is gone; too long: closed accounts take memory.',
  unit: 's',
});

/** Options of a night. */
export const settleOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(5_000).default(1_000).meta({
        description: 'Users in one transaction. Too small: slow; too large: more is done again after a crash, and locks are held longer.',
        unit: 'users',
      }),
      maxWaitMs: z.int().min(0).default(50).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks; too long: a shard that ends waits.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  balanceTtlSeconds,
});
