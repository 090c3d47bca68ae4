import { z } from 'zod';

const ms = z.int().min(0);

interface RetryOption {
  readonly maxRetries?: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  /** What too few tries do. */
  readonly tooFew: string;
  /** Who is pressed by too many. */
  readonly whom: string;
}

type Retry = z.ZodPrefault<
  z.ZodObject<{
    readonly maxRetries: z.ZodDefault<z.ZodInt>;
    readonly firstDelayMs: z.ZodDefault<z.ZodInt>;
    readonly maxDelayMs: z.ZodDefault<z.ZodInt>;
  }>
>;

/** How calls are tried again while their messages are held: `maxRetries`, `firstDelayMs` and `maxDelayMs`. */
export function retryOption({ maxRetries = 2, firstDelayMs = 100, maxDelayMs = 1_000, tooFew, whom }: RetryOption): Retry {
  return z
    .object({
      maxRetries: z
        .int()
        .min(0)
        .max(20)
        .default(maxRetries)
        .meta({ description: `Tries after the first within the hold. Too few: ${tooFew}; too many: ${whom} is pressed.` }),
      firstDelayMs: ms.default(firstDelayMs).meta({
        description: `Longest wait before the first retry; it doubles. Too short: ${whom} is pressed; too long: see holdMs.`,
        unit: 'ms',
      }),
      maxDelayMs: ms.default(maxDelayMs).meta({
        description: `Longest wait before any retry. Too short: ${whom} is pressed; too long: see holdMs.`,
        unit: 'ms',
      }),
    })
    .prefault({});
}
