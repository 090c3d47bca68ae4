import { z } from 'zod';

/** An identifier as it stands in messages: decimal text, since a reader that parses numbers as doubles would change large ones. */
export const identifierText = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, 'expected a positive number as decimal text')
  .transform(BigInt)
  .refine((value) => value < 2n ** 63n, 'does not fit into 64 bits');
