import { z } from 'zod';

const part = z.object({ recipient: z.string() });

/** A partition of one mail, as the run keeps it. */
export interface MailPlan {
  readonly name: string;
  readonly input: z.infer<typeof part>;
  readonly total: 1;
}

/** A partition for each mail, so that one that has to begin anew cuts no other short. Their names tell nobody's address. */
export function planMails(recipients: readonly string[]): readonly MailPlan[] {
  return recipients.map((recipient, at) => ({ name: `mail ${at + 1}`, input: { recipient }, total: 1 }));
}

/** Who gets the mail of a partition. */
export function readRecipient(input: unknown): string {
  return part.parse(input).recipient;
}
