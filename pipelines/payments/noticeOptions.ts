import { z } from 'zod';
import { repeatOption } from '../shared/claimedSends.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

/** Options of `payments.notify`. */
export const notifyOptions = z.object({
  open: z
    .object({
      size: count.max(1_000).default(100).meta({
        description:
          'Events whose notices are made in one transaction. Too small: more transactions; too large: more is read again after a crash.',
        unit: 'messages',
      }),
      maxWaitMs: ms.default(50).meta({
        description: 'How long an event waits for others. Too short: small transactions; too long: people are told later.',
        unit: 'ms',
      }),
    })
    .prefault({}),
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
      retry: z
        .object({
          maxRetries: z.int().min(0).max(20).default(2).meta({
            description: 'Tries after the first within the hold. Too few: passing trouble costs a run; too many: the channel is pressed.',
          }),
          firstDelayMs: ms.default(100).meta({
            description: 'Longest wait before the first retry; it doubles. Too short: the channel is pressed; too long: see holdMs.',
            unit: 'ms',
          }),
          maxDelayMs: ms.default(1_000).meta({
            description: 'Longest wait before any retry. Too short: the channel is pressed; too long: see holdMs.',
            unit: 'ms',
          }),
        })
        .prefault({}),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(60_000).meta({
    description:
      'How long a claim holds beyond the longest send. Too short: recorded late, a notice is parked; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  record: z
    .object({
      size: count.max(1_000).default(50).meta({
        description: 'Ends written in one statement. Too small: more statements; too large: more is unknown after a crash.',
        unit: 'messages',
      }),
      maxWaitMs: ms.default(20).meta({
        description: 'How long an end waits for others. Too short: small statements; too long: claims stay open.',
        unit: 'ms',
      }),
    })
    .prefault({}),
});
