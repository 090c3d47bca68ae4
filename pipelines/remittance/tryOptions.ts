import { z } from 'zod';

const ms = z.int().min(0);

/** Options of every step of a remittance: when what did not work is tried again. */
export const tryOptions = z
  .object({
    tries: z.int().min(1).max(20).default(3).meta({
      description: 'Tries of a step until it stands in its failure table. Too few: passing trouble is told as failure; too many: late.',
    }),
    delayMs: ms.default(10_000).meta({
      description: 'Between those tries. Too short: whoever fails is pressed; too long: money waits.',
      unit: 'ms',
    }),
    retries: z.int().min(0).max(20).default(3).meta({
      description: 'Tries out of the failure table until a person has to look. Too few: people are called early; too many: late.',
    }),
    retryDelayMs: ms.default(60_000).meta({
      description: 'Before the first of those; it doubles. Too short: they are over while the trouble lasts; too long: money waits.',
      unit: 'ms',
    }),
  })
  .prefault({});
