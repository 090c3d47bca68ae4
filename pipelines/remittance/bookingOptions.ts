import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { tryOptions } from './tryOptions.ts';

/** Options of the pipelines that book: `remittance.settle` and `remittance.withdraw`. */
export const bookingOptions = z.object({
  chunk: chunkOption({
    size: 500,
    most: 2_000,
    sizeIs: 'Requests booked in one transaction. Too small: slow, since all take turns at one account; too large: others wait.',
    maxWaitMs: 20,
    waitIs: 'How long a chunk waits to fill. Too short: small chunks; too long: money waits.',
  }),
  try: tryOptions,
});
