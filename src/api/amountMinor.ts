import { z } from 'zod';
import { NumberText } from './numberText.ts';

export interface AmountLimits {
  /** Least amount; 1 where none is told, so that an amount of nothing is refused. */
  readonly min?: bigint;
  readonly max: bigint;
  /** One sentence for whoever fills it in. */
  readonly about: string;
}

/**
 * An amount of money in minor units as a field of a body: in the JSON an integer in digits alone (`12000`), read as a `bigint`.
 * Nothing else is taken for one: no text, no fraction or exponent even where it is whole, nothing beyond the limits. Each wrong form
 * is told in a sentence of its own.
 */
export function amountMinor({ min = 1n, max, about }: AmountLimits): z.ZodType<bigint> {
  const schema = z.unknown().transform((value, context): bigint => {
    const wrong = wrongForm(value) ?? wrongSize(value as number | bigint, min, max);
    if (wrong === undefined) return BigInt(value as number | bigint);
    context.addIssue({ code: 'custom', message: wrong });
    return z.NEVER;
  });
  // Limits of the document of the API are numbers: beyond what is exact they are left out.
  const limits = { minimum: Number(min), ...(max <= BigInt(Number.MAX_SAFE_INTEGER) ? { maximum: Number(max) } : {}) };
  return schema.meta({ description: about, type: 'integer', ...limits });
}

function wrongForm(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return undefined;
  if (value === undefined) return 'expected an amount in minor units';
  if (value instanceof NumberText) return 'expected minor units in digits alone (12000), without fraction or exponent';
  if (typeof value === 'string') return 'expected minor units as a number (12000), not as text';
  return 'expected minor units as a number (12000)';
}

function wrongSize(value: number | bigint, min: bigint, max: bigint): string | undefined {
  if (value < min) return `expected at least ${min.toString()} in minor units`;
  return value > max ? `expected at most ${max.toString()} in minor units` : undefined;
}
