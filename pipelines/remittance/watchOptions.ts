import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { repeatOption } from '../shared/claimedSends.ts';
import { retryOption } from '../shared/retryOption.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

/** Options of `remittance.watch`. */
export const watchOptions = z.object({
  olderThanMs: ms.default(600_000).meta({
    description:
      'Remittances without an end are told of from this age on. Too short: those under way are told of; too long: money waits unseen.',
    unit: 'ms',
  }),
  mostAlone: count.max(100).default(10).meta({
    description:
      'Remittances of one run that are told of each by itself; more are told of together. Too few: nobody sees which; too many: nobody reads them.',
    unit: 'messages',
  }),
  send: z
    .object({
      concurrency: count.max(100).default(4).meta({
        description: 'Messages at once. Too few: slow; too many: the chat says not now, and more is unknown after a crash.',
        unit: 'messages',
      }),
      timeLimitMs: ms.min(100).default(30_000).meta({
        description: 'Longest call. Too short: slow chats park messages as unknown; too long: dead ones hold slots.',
        unit: 'ms',
      }),
      holdMs: ms.default(1_000).meta({
        description: 'How long a message waits for a retry within the run. Too short: it waits for another run; too long: others wait.',
        unit: 'ms',
      }),
      retry: retryOption({ tooFew: 'passing trouble costs a run', whom: 'the chat' }),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(60_000).meta({
    description:
      'How long a claim holds beyond the longest call. Too short: recorded late, a message is parked; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  record: chunkOption({
    size: 10,
    most: 1_000,
    sizeIs: 'Ends written in one statement. Too small: more statements; too large: more is unknown after a crash.',
    maxWaitMs: 20,
    waitIs: 'How long an end waits for others. Too short: small statements; too long: claims stay open.',
  }),
});
