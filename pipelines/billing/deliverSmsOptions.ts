import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { repeatOption } from '../shared/claimedSends.ts';
import { retryOption } from '../shared/retryOption.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

/** Options of `billing.deliverSms`. */
export const deliverSmsOptions = z.object({
  send: z
    .object({
      concurrency: count.max(100).default(4).meta({
        description: 'SMS at once. Too few: slow; too many: the endpoint refuses them, and more is unknown after a crash.',
        unit: 'messages',
      }),
      timeLimitMs: ms.min(100).default(10_000).meta({
        description:
          'Longest wait for the endpoint’s answer. Too short: slow answers park bills as unknown; too long: dead ones hold slots.',
        unit: 'ms',
      }),
      holdMs: ms.default(1_000).meta({
        description: 'How long an SMS waits for a retry. Too short: more come back later; too long: others wait.',
        unit: 'ms',
      }),
      retry: retryOption({ tooFew: 'passing trouble delays SMS', whom: 'the endpoint' }),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(60_000).meta({
    description:
      'How long a claim holds beyond the longest send. Too short: recorded late, it is asked for twice; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  record: chunkOption({
    size: 20,
    most: 1_000,
    sizeIs: 'Verdicts written in one statement. Too small: more statements; too large: more is unknown after a crash.',
    maxWaitMs: 20,
    waitIs: 'How long a verdict waits for others. Too short: small statements; too long: claims stay open.',
  }),
});
