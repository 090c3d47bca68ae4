import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { retryOption } from '../shared/retryOption.ts';

const ms = z.int().min(0);

/** Calls of gateways. */
const callOptions = z
  .object({
    concurrency: z.int().min(1).max(1_000).default(10).meta({
      description: 'Calls of one gateway at once. Too few: slow; too many: more than the gateway allows.',
      unit: 'calls',
    }),
    timeLimitMs: ms.min(100).default(10_000).meta({
      description: 'Longest call. Too short: slow gateways never answer; too long: one that hangs holds its slots.',
      unit: 'ms',
    }),
    holdMs: ms.default(1_000).meta({
      description: 'How long a payment waits for a retry within the run. Too short: it waits for the next run; too long: others wait.',
      unit: 'ms',
    }),
    retry: retryOption({ tooFew: 'passing trouble costs a run', whom: 'the gateway' }),
  })
  .prefault({});

/** Payments written in one transaction. */
const chunkOptions = chunkOption({
  size: 50,
  most: 1_000,
  sizeIs: 'Payments written in one transaction. Too small: slow; too large: their orders and products are locked for longer.',
  maxWaitMs: 50,
  waitIs: 'How long a chunk waits to fill. Too short: small chunks; too long: buyers wait.',
});

/** Options of `payments.reconcile`. */
export const reconcileOptions = z.object({
  olderThanMs: ms.default(600_000).meta({
    description:
      'Payments and orders are looked at from this age on. Too small: payments that are being made are asked about; too large: buyers wait.',
    unit: 'ms',
  }),
  ask: callOptions,
  chunk: chunkOptions,
  skipLimit: z.int().min(0).default(100).meta({
    description:
      'Payments that a run may put aside, because they cannot be written. Too few: a few bad ones fail every run; too many: nobody looks.',
    unit: 'payments',
  }),
});

/** Options of `payments.refund`. */
export const refundOptions = z.object({ ask: callOptions, chunk: chunkOptions });
