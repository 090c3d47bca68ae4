import { createHash } from 'node:crypto';
import type { Database, Queryable } from '../../src/connectors/database.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import type { FailedMail } from './failedMail.ts';

/** The log of mails that were put aside. */
export interface FailLogStore {
  /**
   * Writes a chunk in one transaction: a letter of a bill completes the oldest row of that bill that has no origin yet (which
   * recording wrote with the refusal, under its attempt); any other gets a row of its own. A letter that was logged before, by its
   * origin and payload, changes nothing.
   */
  readonly log: (mails: readonly FailedMail[]) => Promise<readonly FailedMail[]>;
}

/** What the log needs besides the database. */
export interface FailLogOptions {
  /** Calendar time, of letters that do not say when they were put aside. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
}

/** The log in a database. */
export function failLogStore(database: Database, { now, identifiers }: FailLogOptions): FailLogStore {
  return {
    log: async (mails) => {
      await database.withTransaction(async (transaction) => {
        const values = columnsOf(withOwnOrigins(mails, await loggedAt(transaction, mails)), now(), identifiers);
        await transaction.execute({ text: complete, values: values.slice(1), name: 'billing.completeFailLog' });
        await transaction.execute({ text: append, values, name: 'billing.appendFailLog' });
      });
      return mails;
    },
  };
}

/** The payloads that are logged under the origins of these mails. */
async function loggedAt(transaction: Queryable, mails: readonly FailedMail[]): Promise<Map<string, string>> {
  const rows = await transaction.query<{ origin: string; payload: string }>({
    name: 'billing.failLogOrigins',
    text: 'SELECT origin, payload FROM billing.email_fail_log WHERE origin = ANY ($1) AND payload IS NOT NULL',
    values: [mails.map(({ origin }) => origin)],
  });
  return new Map(rows.map(({ origin, payload }) => [origin, payload]));
}

/**
 * Where a topic of Kafka was removed and made anew, its offsets begin again, and another message has the place of one that is logged:
 * its origin then bears a hash of the message too, which is the same whenever its letter comes.
 */
function withOwnOrigins(mails: readonly FailedMail[], logged: Map<string, string>): readonly FailedMail[] {
  return mails.map((mail) => {
    const { origin, payload } = mail;
    const known = logged.get(origin) ?? payload;
    logged.set(origin, known);
    return known === payload ? mail : { ...mail, origin: `${origin} ${createHash('sha256').update(payload).digest('hex').slice(0, 16)}` };
  });
}

function columnsOf(mails: readonly FailedMail[], now: Date, identifiers: Identifiers): readonly unknown[] {
  return [
    mails.map(() => identifiers.next()),
    mails.map(({ origin }) => origin),
    mails.map(({ bill }) => bill?.billId ?? null),
    mails.map(({ bill }) => bill?.billingDate ?? null),
    mails.map(({ bill }) => bill?.publicInfoId ?? null),
    mails.map(({ code }) => code),
    mails.map(({ error }) => error),
    mails.map(({ payload }) => payload),
    mails.map(({ failedAt }) => failedAt ?? now),
  ];
}

const columns = `$1::text[], $2::bigint[], $3::timestamp[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]`;
const names = 'origin, billing_id, billing_date, public_info_id, code, error, payload, failed_at';

/**
 * Of a row of the log: a mail was refused, and its dead letter is not logged yet. An SMS has its dead letters elsewhere, and what a
 * person closed has none.
 */
export const waitsForLetter = `email_fail_log.origin IS NULL AND NOT EXISTS (
      SELECT FROM billing.send_attempt AS logged_attempt
      WHERE logged_attempt.id = email_fail_log.attempt_id AND (logged_attempt.channel = 'SMS' OR logged_attempt.code = 'closedAsFailed'))`;

// The n-th letter of a bill in this chunk completes the n-th row that waits for one: several refusals of a bill that was forced in
// between each get their own. What another process completes meanwhile is left to it, and gets a row of its own below. The code
// and text of the row stay: they are the mail server's.
const complete = `
  WITH asked AS (
    SELECT DISTINCT ON (origin) * FROM unnest(${columns}) WITH ORDINALITY AS asked (${names}, place) ORDER BY origin, place
  ), letter AS (
    SELECT asked.*, row_number() OVER (PARTITION BY billing_id ORDER BY place) AS turn FROM asked
    WHERE billing_id IS NOT NULL AND NOT EXISTS (SELECT FROM billing.email_fail_log AS logged WHERE logged.origin = asked.origin)
  ), waiting AS (
    SELECT id, billing_id, row_number() OVER (PARTITION BY billing_id ORDER BY id) AS turn
    FROM billing.email_fail_log WHERE billing_id = ANY ($2::bigint[]) AND ${waitsForLetter}
  )
  UPDATE billing.email_fail_log AS row SET origin = letter.origin, payload = letter.payload
  FROM letter JOIN waiting USING (billing_id, turn)
  WHERE row.id = waiting.id AND row.origin IS NULL`;

const append = `
  INSERT INTO billing.email_fail_log (id, ${names}, parse_status)
  SELECT letter.*, CASE WHEN billing_id IS NULL THEN 'FAIL' ELSE 'SUCCESS' END
  FROM unnest($1::bigint[], ${columns.replaceAll(/\$(\d)/g, (_, place: string) => `$${Number(place) + 1}`)}) AS letter (id, ${names})
  ON CONFLICT DO NOTHING`;
