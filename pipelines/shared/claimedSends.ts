import { z } from 'zod';

const ms = z.int().min(1);

/** How claims and records that failed are asked again: an option of every pipeline that claims what it sends. */
export const repeatOption = z
  .object({
    firstDelayMs: ms.default(100).meta({
      description:
        'Longest wait before a claim or a record that failed is asked again; it doubles. Too short: a database in trouble is pressed.',
      unit: 'ms',
    }),
    maxDelayMs: ms.default(2_000).meta({
      description: 'Longest such wait. Too short: a database in trouble is pressed; too long: work begins late once it is back.',
      unit: 'ms',
    }),
  })
  .prefault({});

/** The options of such a pipeline that its claims hang on. */
interface ClaimedSends {
  readonly send: { readonly retry: { readonly maxRetries: number }; readonly timeLimitMs: number; readonly holdMs: number };
  readonly leaseBeyondMs: number;
  readonly repeat: z.infer<typeof repeatOption>;
}

/** How long a claim holds: longer than all tries of a send with their waits, and the recording behind them. */
export function leaseMsOf({ send, leaseBeyondMs }: Omit<ClaimedSends, 'repeat'>): number {
  return (send.retry.maxRetries + 1) * send.timeLimitMs + send.holdMs + leaseBeyondMs;
}

/** How claims and records that failed are asked again: while the claims of the sends behind them hold. */
export function repeatOf({ repeat, leaseBeyondMs }: Omit<ClaimedSends, 'send'>): {
  firstDelayMs: number;
  maxDelayMs: number;
  forMs: number;
} {
  return { ...repeat, forMs: leaseBeyondMs };
}
