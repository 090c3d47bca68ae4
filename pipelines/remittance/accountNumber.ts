import { z } from 'zod';

/** The number of a business's bank account, as callers write it. */
export const accountNumber = z.string().regex(/^[A-Za-z0-9-]{1,40}$/, 'expected an account number: 1 to 40 letters, digits and dashes');
