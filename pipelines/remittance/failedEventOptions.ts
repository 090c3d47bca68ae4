import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { tryOptions } from './tryOptions.ts';

/** Options of the pipelines that read dead letters. */
export const failedEventOptions = z.object({
  log: chunkOption({
    size: 200,
    most: 2_000,
    sizeIs: 'Dead letters written in one transaction. Too small: more transactions; too large: more is read again after a crash.',
    maxWaitMs: 100,
    waitIs: 'How long a dead letter waits for others. Too short: small transactions; too long: operators see it later.',
  }),
  try: tryOptions,
});
