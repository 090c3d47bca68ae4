import { z } from 'zod';

/** An amount above zero as decimal text in minor units: `"12000"`. */
export const decimalAmount = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'not an amount')
  .transform(BigInt);

/** A value as it looks in JSON, its amounts as decimal text. */
export function withDecimals(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)));
}
