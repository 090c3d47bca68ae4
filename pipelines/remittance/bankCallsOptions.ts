import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { repeatOption } from '../shared/claimedSends.ts';
import type { TryOptions } from './nextTry.ts';
import { tryOptions } from './tryOptions.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

/** Options of `remittance.bankCalls`. */
export const bankCallsOptions = z.object({
  ask: z
    .object({
      concurrency: count.max(1_000).default(20).meta({
        description: 'Calls of the bank at once. Too few: slow; too many: more than the bank allows.',
        unit: 'calls',
      }),
      claimWaitMs: ms.max(1_000).default(5).meta({
        description:
          'How long free slots wait for others, so that one statement claims many. Too short: more statements; too long: slots idle.',
        unit: 'ms',
      }),
      timeLimitMs: ms.min(100).default(10_000).meta({
        description: 'Longest call. Too short: a slow bank never answers; too long: one that hangs holds its slots.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(20_000).meta({
    description:
      'How long a claim holds beyond the longest call. Too short: a call is made twice under its key; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  again: tryOptions,
  notYet: z
    .object({
      firstMs: ms.min(1).default(10_000).meta({
        description:
          'Until the bank is asked again about what it has not done yet; it doubles. Too short: it is pressed; too long: money waits.',
        unit: 'ms',
      }),
      maxMs: ms.min(1).default(3_600_000).meta({
        description: 'Longest such wait. Too short: a slow bank is pressed; too long: money waits.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  record: chunkOption({
    size: 100,
    most: 1_000,
    sizeIs: 'Answers of the bank written in one transaction. Too small: slow; too large: more is asked about again after a crash.',
    maxWaitMs: 20,
    waitIs: 'How long an answer waits for others. Too short: small transactions; too long: money waits.',
  }),
});

/** How a stage treats calls whose tries are counted in their rows: it makes one, and what it cannot make now comes back later. */
export function triedByRows({ delayMs }: TryOptions): {
  readonly retry: { readonly maxRetries: number; readonly firstDelayMs: number; readonly maxDelayMs: number };
  readonly holdMs: number;
} {
  return { retry: { maxRetries: 0, firstDelayMs: delayMs, maxDelayMs: delayMs }, holdMs: 0 };
}
