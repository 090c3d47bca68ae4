import { z } from 'zod';
import { repeatOption } from '../claimedSends.ts';
import { retryOption } from '../retryOption.ts';

const ms = z.int().min(0);
const address = /^[^\s,@<>"]+@[^\s,@<>"]+$/;

/** Options of every job that mails a report. */
export const reportMailOptions = {
  recipients: z
    .string()
    .default('')
    .refine((text) => text === '' || text.split(',').every((one) => address.test(one)), 'expected e-mail addresses, commas between')
    .meta({ description: 'E-mail addresses that get the report of each day, commas between; empty: no mail.' }),
  mail: z
    .object({
      timeLimitMs: ms.min(100).default(30_000).meta({
        description: 'Longest dialogue about one mail. Too short: slow servers park mails as unknown; too long: dead ones hold slots.',
        unit: 'ms',
      }),
      holdMs: ms.default(60_000).meta({
        description:
          'How long a claimed mail waits for retries. Too short: trouble that passes begins its part anew; too long: it is told late.',
        unit: 'ms',
      }),
      retry: retryOption({ maxRetries: 5, firstDelayMs: 500, maxDelayMs: 15_000, tooFew: 'see holdMs', whom: 'the server' }),
    })
    .prefault({}),
  repeat: repeatOption,
  repeatForMs: ms.min(1_000).default(60_000).meta({
    description:
      'How long a claim or a record of a mail that failed is asked again. Too short: what was sent is told as unknown; too long: see holdMs.',
    unit: 'ms',
  }),
};

/** Such options as they are in force. */
export type ReportMailOptions = z.infer<z.ZodObject<typeof reportMailOptions>>;

/** Who gets the totals, in one order, each once. */
export function recipientsOf({ recipients }: { readonly recipients: string }): readonly string[] {
  return [...new Set(recipients.split(',').filter((one) => one !== ''))].toSorted();
}
