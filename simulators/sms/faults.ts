import { z } from 'zod';
import { aim, type Faults } from '../faults.ts';

/** When a fault strikes: before the message is taken (it is not kept), or after it was (only its answer is lost or late). */
export type Phase = 'before' | 'after';

/** What happens instead of the usual answer. */
export type FaultAction =
  | { readonly kind: 'reply'; readonly status: number; readonly retryAfterS?: number | undefined }
  | { readonly kind: 'delay'; readonly delayMs: number } // what is usual, later
  | { readonly kind: 'cut' } // the connection is closed without an answer
  | { readonly kind: 'silence' }; // no answer, ever

/** The faults of an SMS endpoint. */
export type SmsFaults = Faults<Phase, FaultAction>;

/** A fault as it comes over HTTP. */
export const smsFaultRule = z.strictObject({
  phase: z.enum(['before', 'after']),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('reply'), status: z.int().min(400).max(599), retryAfterS: z.int().min(0).optional() }),
    z.strictObject({ kind: z.literal('delay'), delayMs: z.int().min(0) }),
    z.strictObject({ kind: z.enum(['cut', 'silence']) }),
  ]),
  ...aim,
});
