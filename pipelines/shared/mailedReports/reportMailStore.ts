import type { Database } from '../../../src/connectors/database.ts';
import { WeirError } from '../../../src/errors.ts';
import type { Logger } from '../../../src/logging/logger.ts';
import { skip, type Answer } from '../../../src/message/decision.ts';
import type { Identifiers } from '../identifiers.ts';
import type { DueMail, MailVerdict, ReportMail } from './dueMail.ts';

/**
 * The mails of reports: CLAIMED → SENT | REFUSED | UNKNOWN. A claim is committed, under a token, before the mail is handed to the server
 * and goes only when the server surely does not have it; so what another has claimed was left by a process that died or hangs, and is
 * UNKNOWN from then on: it is never sent again by itself. Should that process tell after all, its word counts.
 */
export interface ReportMailStore<R> {
  /**
   * Claims mails, each under a token of its own, and reads what they say. What has ended is skipped; that it was not SENT is said in the
   * log, so that it is said also where the process that wrote it died before. `incomplete` for a day that has no report.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  readonly claim: (mails: readonly DueMail<R>[]) => Promise<readonly Answer<DueMail<R>>[]>;
  /**
   * Writes how mails ended, each under its token, and says in the log what was not sent; a claim of what the server surely does not
   * have is given back. Repeatable. A mail whose claim is not there any more is a defect.
   */
  readonly record: (verdicts: readonly MailVerdict[]) => Promise<readonly MailVerdict[]>;
  /** How the mails of a day stand. */
  standing(day: string): Promise<readonly (MailStanding & ReportMail)[]>;
}

export interface MailStanding {
  readonly status: 'CLAIMED' | 'SENT' | 'REFUSED' | 'UNKNOWN';
}

/** What mails tell. */
export interface MailedReports<R> {
  /** The report of a day as it was compiled; undefined where the day has none. */
  read(day: string): Promise<R | undefined>;
}

export interface ReportMailStoreOptions<R> {
  /** The job that sends them, for the log. */
  readonly job: string;
  /** The table of its reports, as `payments.daily_report`: `day` and `is_mailed`. That of their mails has `_mail` behind its name. */
  readonly table: string;
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
  readonly reports: MailedReports<R>;
  readonly log: Pick<Logger, 'error'>;
}

/** Mails on a database. */
export function reportMailStore<R>(database: Database, options: ReportMailStoreOptions<R>): ReportMailStore<R> {
  const { job, table, now, identifiers, reports, log } = options;
  const { claim, release, record, standing } = statementsOf(table);
  const tokens = new WeakMap<DueMail<R>, bigint>();
  const tell = (day: string, { status, error }: StatusRow): void => {
    if (status === 'REFUSED' || status === 'UNKNOWN') log.error(sentences[status], { job, key: day, error: error ?? '' });
  };
  return {
    claim: async (mails) => {
      const answers: Answer<DueMail<R>>[] = [];
      for (const mail of mails) {
        const { day, recipient } = mail;
        const token = tokens.get(mail) ?? identifiers.next();
        tokens.set(mail, token);
        const [row] = await database.query<StatusRow>({ text: claim, values: [day, recipient, now(), token] });
        // Behind the claim nothing changes it any more.
        const report = await reports.read(day);
        if (row === undefined || report === undefined) throw new WeirError('incomplete', `There is no report of ${day} to be mailed.`);
        tell(day, row);
        answers.push(row.status === 'CLAIMED' ? { ...mail, claimed: { token, report } } : skip('has ended'));
      }
      return answers;
    },
    record: async (verdicts) => {
      for (const verdict of verdicts) {
        const { day, recipient, token, kind } = verdict;
        if (kind === 'later') {
          await database.execute({ text: release, values: [day, recipient, token] });
          continue;
        }
        const status = statusOf[kind];
        const error = 'reason' in verdict ? verdict.reason : null;
        const written = await database.execute({ text: record, values: [day, recipient, token, status, error, now()] });
        if (written === 0) throw new WeirError('defect', `The mail of ${day} ended as ${status}, and nobody has claimed it.`);
        tell(day, { status, error });
      }
      return verdicts;
    },
    standing: async (day) => database.query<MailStanding & ReportMail>({ text: standing, values: [day] }),
  };
}

interface StatusRow extends MailStanding {
  readonly error: string | null;
}

const statusOf = { sent: 'SENT', refused: 'REFUSED', unknown: 'UNKNOWN' } as const;

const sentences = {
  REFUSED: 'the mail of a daily report was refused',
  UNKNOWN: 'nobody can tell whether the mail of a daily report was sent: it is not sent again',
};

interface Statements {
  readonly claim: string;
  readonly release: string;
  readonly record: string;
  readonly standing: string;
}

function statementsOf(table: string): Statements {
  if (!/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(table)) throw new TypeError(`${table} is not a plain name of a table`);
  return {
    // Behind whoever compiles the report; from its commit on the report stays as it is.
    claim: `
      WITH told AS (UPDATE ${table} SET is_mailed = true WHERE day = $1 RETURNING day)
      INSERT INTO ${table}_mail AS mail (day, recipient, claimed_at, token) SELECT day, $2, $3::timestamptz, $4::bigint FROM told
      ON CONFLICT (day, recipient) DO UPDATE SET (status, error, ended_at) = (
        SELECT 'UNKNOWN', 'its process is gone', EXCLUDED.claimed_at WHERE mail.status = 'CLAIMED' AND mail.token <> EXCLUDED.token
        UNION ALL SELECT mail.status, mail.error, mail.ended_at WHERE mail.status <> 'CLAIMED' OR mail.token = EXCLUDED.token
      )
      RETURNING status, error`,
    release: `DELETE FROM ${table}_mail WHERE day = $1 AND recipient = $2 AND token = $3 AND status = 'CLAIMED'`,
    record: `
      UPDATE ${table}_mail SET status = $4, error = $5, ended_at = $6
      WHERE day = $1 AND recipient = $2 AND token = $3 AND status IN ('CLAIMED', 'UNKNOWN', $4)`,
    standing: `SELECT day, recipient, status FROM ${table}_mail WHERE day = $1 ORDER BY recipient`,
  };
}
