import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { repeatOption } from '../shared/claimedSends.ts';
import { retryOption } from '../shared/retryOption.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

/** Options of `payments.notify`. */
export const notifyOptions = z.object({
  open: chunkOption({
    size: 100,
    most: 1_000,
    sizeIs: 'Events whose notices are made in one transaction. Too small: more transactions; too large: more is read again after a crash.',
    maxWaitMs: 50,
    waitIs: 'How long an event waits for others. Too short: small transactions; too long: people are told later.',
  }),
});

/** Options of `payments.sendNotices`. */
export const sendNoticesOptions = z.object({
  send: z
    .object({
      concurrency: count.max(1_000).default(10).meta({
        description:
          'Notices of one channel at once. Too few: slow; too many: the channel says not now, and more is unknown after a crash.',
        unit: 'messages',
      }),
      timeLimitMs: ms.min(100).default(30_000).meta({
        description: 'Longest call. Too short: slow servers park notices as unknown; too long: dead ones hold slots.',
        unit: 'ms',
      }),
      holdMs: ms.default(1_000).meta({
        description: 'How long a notice waits for a retry within the run. Too short: it waits for another run; too long: others wait.',
        unit: 'ms',
      }),
      retry: retryOption({ tooFew: 'passing trouble costs a run', whom: 'the channel' }),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(60_000).meta({
    description:
      'How long a claim holds beyond the longest send. Too short: recorded late, a notice is parked; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  record: chunkOption({
    size: 50,
    most: 1_000,
    sizeIs: 'Ends written in one statement. Too small: more statements; too large: more is unknown after a crash.',
    maxWaitMs: 20,
    waitIs: 'How long an end waits for others. Too short: small statements; too long: claims stay open.',
  }),
});
