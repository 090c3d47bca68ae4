import { z } from 'zod';
import { balanceTtlSeconds } from './settleOptions.ts';

/** Options of staging. */
export const stageOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(2_000).default(500).meta({
        description: 'Trades in one transaction. Too small: slow; too large: accounts are locked longer.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(50).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks; too long: trades are shown late.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  balanceTtlSeconds,
});
