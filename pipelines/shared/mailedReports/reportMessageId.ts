import { createHash } from 'node:crypto';
import type { ReportMail } from './dueMail.ts';

/** The Message-ID of the mail of a report, from what it is alone: should it ever be sent twice, that can be seen. Tells nobody's address. */
export function reportMessageId(report: string, { day, recipient }: ReportMail, sender: string): string {
  const number = createHash('sha256').update(recipient).digest('hex').slice(0, 16);
  return `<${report}.${day}.${number}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;
}
