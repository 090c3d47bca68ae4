import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';

/** How long a balance stands in Redis, for whoever writes one. */
export const balanceTtlSeconds = z.int().min(60).max(31_536_000).default(172_800).meta({
  description:
    'How long a balance stands in Redis since it was last written. Too short: readers ask for what is gone; too long: closed accounts take memory.',
  unit: 's',
});

/** Options of a night. */
export const settleOptions = z.object({
  chunk: chunkOption({
    size: 1_000,
    most: 5_000,
    sizeIs: 'Users in one transaction. Too small: slow; too large: more is done again after a crash, and locks are held longer.',
    maxWaitMs: 50,
    waitIs: 'How long a chunk waits to fill. Too short: small chunks; too long: a shard that ends waits.',
    unit: 'users',
  }),
  balanceTtlSeconds,
});
