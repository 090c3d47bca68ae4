import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { balanceTtlSeconds } from './settleOptions.ts';

/** Options of staging. */
export const stageOptions = z.object({
  chunk: chunkOption({
    size: 500,
    most: 2_000,
    sizeIs: 'Trades in one transaction. Too small: slow; too large: accounts are locked longer.',
    maxWaitMs: 50,
    waitIs: 'How long a chunk waits to fill. Too short: small chunks; too long: trades are shown late.',
  }),
  balanceTtlSeconds,
});
