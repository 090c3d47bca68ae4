import { z } from 'zod';
import { tryOptions } from './tryOptions.ts';

/** Options of the pipelines that read dead letters. */
export const failedEventOptions = z.object({
  log: z
    .object({
      size: z.int().min(1).max(2_000).default(200).meta({
        description: 'Dead letters written in one transaction. Too small: more transactions; too large: more is read again after a crash.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(100).meta({
        description: 'How long a dead letter waits for others. Too short: small transactions; too long: operators see it later.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  try: tryOptions,
});
