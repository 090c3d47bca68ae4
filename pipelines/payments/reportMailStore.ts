import type { Database } from '../../src/connectors/database.ts';
import type { Logger } from '../../src/logging/logger.ts';
import { textOf } from '../../src/errors.ts';

/** A mail that tells one person of a day. */
export interface ReportMail {
  readonly day: string;
  readonly recipient: string;
}

/** What became of it, to be recorded. */
export interface MailEnd extends ReportMail {
  readonly status: 'SENT' | 'REFUSED' | 'UNKNOWN';
  readonly error?: string;
}

/**
 * The mails of reports: CLAIMED → SENT | REFUSED | UNKNOWN. A claim is committed before the mail is handed to the server and goes only
 * when the server surely does not have it; so what is found CLAIMED was left by a process that died, and nobody can tell. It is never
 * sent again by itself.
 */
export interface ReportMailStore {
  /** Whether this call has claimed it. A day that has no report cannot be claimed. */
  claim(mail: ReportMail): Promise<boolean>;
  /** Gives a claim back: the server does not have the mail. */
  release(mail: ReportMail): Promise<void>;
  /** Writes how mails ended. What is found claimed by another, and not ended, is unknown from then on, and said in the log. */
  readonly record: (ends: readonly MailEnd[]) => Promise<readonly MailEnd['status'][]>;
  /** How the mails of a day stand. */
  standing(day: string): Promise<readonly (MailStanding & ReportMail)[]>;
}

export interface MailStanding {
  readonly status: MailEnd['status'] | 'CLAIMED';
}

/** Mails on a database. */
export function reportMailStore(database: Database, now: () => Date, log: Logger): ReportMailStore {
  return {
    claim: async ({ day, recipient }) => (await database.execute({ text: claim, values: [day, recipient, now()] })) === 1,
    release: async ({ day, recipient }) => {
      await database.execute({ text: release, values: [day, recipient] });
    },
    record: async (ends) => {
      for (const { day, recipient, status, error } of ends) {
        const written = await database.execute({ text: record, values: [day, recipient, status, error ?? null, now()] });
        if (written === 1 && status !== 'SENT') log.error(sentences[status], { key: day, error: error ?? 'its process is gone' });
      }
      return ends.map(({ status }) => status);
    },
    standing: async (day) => database.query<MailStanding & ReportMail>({ text: standing, values: [day] }),
  };
}

const sentences = {
  REFUSED: 'the mail of a daily report was refused',
  UNKNOWN: 'nobody can tell whether the mail of a daily report was sent: it is not sent again',
};

/** The verdict on a mail that the server refused for good. */
export function refusedMail({ day, recipient }: ReportMail, error: unknown): MailEnd {
  return { day, recipient, status: 'REFUSED', error: textOf(error) };
}

/** The verdict on a mail of which nobody can tell whether the server has it. */
export function unknownMail({ day, recipient }: ReportMail, error: unknown): MailEnd {
  return { day, recipient, status: 'UNKNOWN', error: textOf(error) };
}

// Behind whoever compiles the report; from its commit on the report stays as it is.
const claim = `
  WITH told AS (UPDATE payments.daily_report SET is_mailed = true WHERE day = $1 RETURNING day)
  INSERT INTO payments.daily_report_mail (day, recipient, claimed_at) SELECT day, $2, $3 FROM told ON CONFLICT DO NOTHING`;

const release = `DELETE FROM payments.daily_report_mail WHERE day = $1 AND recipient = $2 AND status = 'CLAIMED'`;

const record = `
  UPDATE payments.daily_report_mail SET status = $3, error = $4, ended_at = $5 WHERE day = $1 AND recipient = $2 AND status = 'CLAIMED'`;

const standing = 'SELECT day, recipient, status FROM payments.daily_report_mail WHERE day = $1 ORDER BY recipient';
