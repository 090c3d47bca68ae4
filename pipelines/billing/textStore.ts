import type { Database } from '../../src/connectors/database.ts';
import { codeOf, textOf, WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { requested } from './operatorStore.ts';
import type { TellParked } from './tellParked.ts';
import type { SendableText, SentText, TextVerdict } from './textDelivery.ts';

/** Takes bills that are sent as SMS, and writes what became of them. */
export interface TextStore {
  /**
   * Claims requests in one statement, each by its own token: of several messages of one request at most one gets it. Answers with
   * the number as it is now; `skipped` for a request that was taken or has ended.
   */
  claim(values: readonly SendableText[], leaseMs: number): Promise<readonly Answer<SendableText>[]>;
  /**
   * Writes every verdict of a chunk in one statement: sent → COMPLETED, refused → FAILED with its row in the fail log, later →
   * requested again, unknown → parked. Guarded by the token, so a late answer counts though the bill was parked meanwhile.
   */
  readonly record: (verdicts: readonly TextVerdict[]) => Promise<readonly Answer<SentText>[]>;
}

export interface TextStoreOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
  /** The name of this process, for people. */
  readonly instance: string;
  readonly tellParked: TellParked;
}

/** SMS of bills on a database. */
export function textStore(database: Database, { now, identifiers, instance, tellParked }: TextStoreOptions): TextStore {
  return {
    claim: async (values, leaseMs) => {
      const requests = values.map(({ request }) => request);
      const tokens = requests.map(({ token }) => token);
      const rows = await database.query<ClaimedRow>({
        text: claim,
        values: [[...new Set(tokens)], requests.map(({ billingDate }) => billingDate), instance, leaseMs, requested],
      });
      const byToken = new Map(rows.map((row) => [row.token, row]));
      return values.map((value) => {
        const row = byToken.get(value.request.token);
        if (row === undefined) return skip('was taken by another message, or has ended');
        byToken.delete(row.token);
        return { ...value, claimed: { details: row.details, encryptedPhone: row.phone } };
      });
    },
    record: async (verdicts) => {
      const written = verdicts.map(columnsOf);
      const rows = await database.query<{ token: bigint }>({
        text: record,
        values: [
          verdicts.map(({ request }) => request.token),
          verdicts.map(({ request }) => request.billingDate),
          verdicts.map(({ kind }) => kind),
          written.map(({ code }) => code),
          written.map(({ text }) => text),
          verdicts.map(() => identifiers.next()),
          now(),
          requested,
        ],
      });
      const moved = new Set(rows.map(({ token }) => token));
      const parked = verdicts.filter(({ kind, request }) => kind === 'unknown' && moved.has(request.token));
      tellParked('unknown', parked.length);
      return verdicts.map((verdict) => answerOf(verdict, moved.has(verdict.request.token)));
    },
  };
}

function columnsOf(verdict: TextVerdict): { readonly code: string | null; readonly text: string | null } {
  switch (verdict.kind) {
    case 'sent':
      return { code: null, text: verdict.response };
    case 'refused':
      return { code: codeOf(verdict.error), text: textOf(verdict.error) };
    case 'later':
      return { code: null, text: null };
    case 'unknown':
      return { code: null, text: verdict.reason };
  }
}

function answerOf(verdict: TextVerdict, isMoved: boolean): Answer<SentText> {
  if (!isMoved) return skip('a person has decided about it meanwhile');
  switch (verdict.kind) {
    case 'sent':
      return verdict;
    case 'refused':
      return dead(verdict.error instanceof WeirError ? verdict.error : new WeirError('refused', textOf(verdict.error)));
    case 'later':
      return defer('is asked for again');
    case 'unknown':
      return defer('parked for a person');
  }
}

interface ClaimedRow {
  readonly token: bigint;
  readonly details: unknown;
  readonly phone: string;
}

// By the token, which one bill has: nobody holds it until one message changes the holder.
const claim = `
  WITH held AS (
    SELECT bill.id, bill.billing_date, member.phone FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
    JOIN billing.send_attempt AS attempt ON attempt.billing_id = bill.id AND attempt.id = bill.send_token
    WHERE attempt.id = ANY ($1::bigint[]) AND bill.billing_date = ANY ($2::timestamp[]) AND bill.lease_owner = $5
      AND bill.lease_until = 'infinity'
    ORDER BY bill.id FOR UPDATE OF bill
  )
  UPDATE billing.billing_p AS bill
  SET lease_owner = $3, lease_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
  FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date = ANY ($2::timestamp[])
  RETURNING bill.send_token AS token, bill.billing_details AS details, held.phone`;

// A verdict that is not an answer (later, unknown) leaves a bill alone that was parked meanwhile.
const record = `
  WITH verdict AS (
    SELECT DISTINCT ON (token) * FROM unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[])
      AS verdict (token, kind, code, text, fail_id)
  ), held AS (
    SELECT verdict.*, bill.id, bill.billing_date, bill.public_info_id FROM verdict
    JOIN billing.send_attempt AS attempt ON attempt.id = verdict.token
    JOIN billing.billing_p AS bill ON bill.id = attempt.billing_id AND bill.billing_date = attempt.billing_date AND bill.send_token = token
    WHERE bill.billing_date = ANY ($2::timestamp[]) AND (kind IN ('sent', 'refused') OR bill.park_reason IS NULL)
    ORDER BY bill.id FOR UPDATE OF bill
  ), moved AS (
    UPDATE billing.billing_p AS bill
    SET send_status = CASE kind WHEN 'sent' THEN 'COMPLETED' WHEN 'refused' THEN 'FAILED' ELSE 'SENDING' END,
      send_token = CASE WHEN kind IN ('later', 'unknown') THEN bill.send_token END,
      lease_owner = CASE kind WHEN 'later' THEN $8 END,
      lease_until = CASE kind WHEN 'later' THEN 'infinity'::timestamptz END,
      park_reason = CASE kind WHEN 'unknown' THEN text END,
      sent_channel = CASE kind WHEN 'sent' THEN 'SMS' END,
      fail_code = code
    FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date = ANY ($2::timestamp[])
    RETURNING held.token
  ), closed AS (
    UPDATE billing.send_attempt AS attempt
    SET ended_at = $7, code = verdict.code, response = verdict.text,
      result = CASE kind WHEN 'sent' THEN 'SENT' WHEN 'refused' THEN 'REFUSED' ELSE 'UNKNOWN' END
    FROM verdict
    WHERE attempt.id = verdict.token AND kind <> 'later'
      AND (attempt.result IS NULL OR (attempt.result = 'UNKNOWN' AND kind IN ('sent', 'refused')))
  ), logged AS (
    INSERT INTO billing.email_fail_log (id, attempt_id, billing_id, billing_date, public_info_id, parse_status, code, error, failed_at)
    SELECT fail_id, token, id, billing_date, public_info_id, 'SUCCESS', code, text, $7 FROM held JOIN moved USING (token)
    WHERE kind = 'refused'
    ON CONFLICT DO NOTHING
  )
  SELECT token FROM moved`;
