import { z } from 'zod';
import { repeatOption } from '../claimedSends.ts';

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
      retry: z
        .object({
          maxRetries: z.int().min(0).max(20).default(5).meta({
            description: 'Tries after the first within the hold. Too few: see holdMs; too many: the server is pressed.',
          }),
          firstDelayMs: ms.default(500).meta({
            description: 'Longest wait before the first retry; it doubles. Too short: the server is pressed; too long: see holdMs.',
            unit: 'ms',
          }),
          maxDelayMs: ms.default(15_000).meta({
            description: 'Longest wait before any retry. Too short: the server is pressed; too long: see holdMs.',
            unit: 'ms',
          }),
        })
        .prefault({}),
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
