import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { repeatOption } from '../shared/claimedSends.ts';
import { retryOption } from '../shared/retryOption.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

/** Options of `billing.deliver`. */
export const deliverOptions = z.object({
  send: z
    .object({
      concurrency: count.max(1_000).default(40).meta({
        description:
          'Mails at once, no more than smtp.maxConnections. Too few: slow, and a claim serves few; too many: the server refuses connections, and more is unknown after a crash.',
        unit: 'messages',
      }),
      claimWaitMs: ms.max(1_000).default(5).meta({
        description:
          'How long free slots wait for others, so that one statement claims many. Too short: more statements; too long: slots idle.',
        unit: 'ms',
      }),
      timeLimitMs: ms.min(100).default(30_000).meta({
        description: 'Longest dialogue about one mail. Too short: slow servers park bills as unknown; too long: dead ones hold slots.',
        unit: 'ms',
      }),
      holdMs: ms.default(1_000).meta({
        description: 'How long a mail waits for its rate or a retry. Too short: more bills come back later; too long: others wait.',
        unit: 'ms',
      }),
      retry: retryOption({ tooFew: 'passing trouble delays bills', whom: 'the server' }),
    })
    .prefault({}),
  perDestination: count.max(1_000).default(5).meta({
    description: 'Mails at once to one destination domain. Too few: a large domain is slow; too many: one that hangs holds the others.',
    unit: 'messages',
  }),
  rate: z
    .object({
      perSecond: z.number().positive().default(500).meta({
        description: 'Mails a second to one destination domain. Too small: its bills come later; too large: it slows us down.',
        unit: 'messages/s',
      }),
      burst: count.default(500).meta({
        description: 'Mails that may start at once after a rest. Too small: uneven arrivals wait; too large: a destination is flooded.',
        unit: 'messages',
      }),
      totalPerSecond: z.number().positive().default(5_000).meta({
        description: 'Mails a second in all. Too small: a month takes days; too large: our own server slows us down.',
        unit: 'messages/s',
      }),
      leastPerSecond: z.number().positive().default(1).meta({
        description: 'Mails a second to a destination that says not now. Too small: it is slow to come back; too large: it is pressed.',
        unit: 'messages/s',
      }),
    })
    .prefault({}),
  notNow: z
    .object({
      firstMs: ms.min(1_000).default(60_000).meta({
        description: 'How long a mail waits that a server would not take now (421, 450, 451, 452, 454). Too short: it is refused again.',
        unit: 'ms',
      }),
      maxMs: ms.min(1_000).default(3_600_000).meta({
        description: 'Longest such wait; it doubles with each attempt. Too short: the server is pressed; too long: mails are late.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(60_000).meta({
    description: 'How long a claim holds beyond the longest send. Too short: recorded late, a bill is parked; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  record: chunkOption({
    size: 100,
    most: 2_000,
    sizeIs: 'Verdicts written in one statement. Too small: more statements; too large: more is unknown after a crash.',
    maxWaitMs: 20,
    waitIs: 'How long a verdict waits for others. Too short: small statements; too long: claims stay open.',
  }),
});

type DeliverOptions = z.infer<typeof deliverOptions>;

/** How long a mail waits that a server would not take now, after so many attempts at it. */
export function pauseMsOf({ notNow }: DeliverOptions, attempt: number): number {
  return Math.min(notNow.maxMs, notNow.firstMs * 2 ** (attempt - 1));
}
