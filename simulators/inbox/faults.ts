import { z } from 'zod';
import { aim, type Faults, type Rule } from '../faults.ts';

/**
 * Where in the dialogue a fault strikes: on the server's answer to the connection (`greeting`), to a command, to the body's first
 * bytes (`body`, which has no answer of its own), to the final dot (`dot`; a mail whose dot is answered by a fault's reply, or dropped, is not kept, one that
 * gets no answer is), or right after the answer to the dot was sent (`sent`; whatever the action, it cuts the connection).
 */
export type Phase = 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'body' | 'dot' | 'sent';

/** What happens instead of the usual answer. */
export type FaultAction =
  | { readonly kind: 'reply'; readonly text: string } // `450 4.2.0 later`; a 421 closes the connection too
  | { readonly kind: 'delay'; readonly delayMs: number } // the usual answer, later
  | { readonly kind: 'trickle'; readonly byteMs: number } // the usual answers from here on, a byte at a time
  | { readonly kind: 'cut' } // the connection is closed without an answer
  | { readonly kind: 'drop' } // the same, and a mail whose dot it strikes is not kept
  | { readonly kind: 'silence' } // no answer, ever; the connection stays
  | { readonly kind: 'call'; readonly call: () => void }; // silence, and somebody is told; not over HTTP

/** One fault. */
export type FaultRule = Rule<Phase, FaultAction>;

/** The faults of an inbox. */
export type InboxFaults = Faults<Phase, FaultAction>;

/** A fault as it comes over HTTP. */
export const inboxFaultRule = z.strictObject({
  phase: z.enum(['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'body', 'dot', 'sent']),
  action: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('reply'),
      text: z.string().regex(/^[245]\d\d[ -][ -~]*$/, 'expected a reply such as 450 4.2.0 later'),
    }),
    z.strictObject({ kind: z.literal('delay'), delayMs: z.int().min(0) }),
    z.strictObject({ kind: z.literal('trickle'), byteMs: z.int().min(1) }),
    z.strictObject({ kind: z.enum(['cut', 'drop', 'silence']) }),
  ]),
  ...aim,
});
