import { z } from 'zod';

/** Why a bank refused, in its own word, as it becomes the code of a request that failed. */
export const bankReason = z.string().regex(/^[A-Z][A-Z0-9_]{0,59}$/, 'expected a reason in capital letters, such as ACCOUNT_CLOSED');
