import { z } from 'zod';
import type { PartPlan } from './reconcileParts.ts';

const part = z.object({ recipient: z.string() });

/** A partition for each mail, so that one that has to begin anew cuts no other short. Their names tell nobody's address. */
export function planMails(recipients: readonly string[]): readonly PartPlan[] {
  return recipients.map((recipient, at) => ({ name: `mail ${at + 1}`, input: { recipient }, total: 1 }));
}

/** Who gets the mail of a partition. */
export function readRecipient(input: unknown): string {
  return part.parse(input).recipient;
}
