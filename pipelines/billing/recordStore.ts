import type { Database } from '../../src/connectors/database.ts';
import { codeOf, textOf } from '../../src/errors.ts';
import { dead, defer, type Answer } from '../../src/message/decision.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { answerOfState, missing } from './claimStore.ts';
import type { SendVerdict, SentBill } from './delivery.ts';
import { monthRange } from './monthRange.ts';
import type { SendState } from './sendStatus.ts';
import type { TellParked } from './tellParked.ts';

/** What recording needs besides the database. */
export interface RecordOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
  readonly tellParked: TellParked;
}

/** Writes what became of bills. */
export interface RecordStore {
  /**
   * Writes every verdict of a chunk in one statement: sent → COMPLETED; refused → FAILED with its row in `email_fail_log`; quiet
   * → IN_QUIET_HOUR; later → SEND_PENDING with its time; unknown → parked. Guarded by the token, so an answer counts though the
   * bill was parked meanwhile, or given back to be sent again and not taken yet, and never for another's send. Repeatable. Only what was sent goes on; a refusal is `dead`, what
   * a row brings back or a person decides is `deferred`, and a verdict that no longer applies ends as the bill's state says. How
   * many it has parked is told.
   */
  readonly record: (verdicts: readonly SendVerdict[]) => Promise<readonly Answer<SentBill>[]>;
}

/** Records on a database. */
export function recordStore(database: Database, { now, identifiers, tellParked }: RecordOptions): RecordStore {
  return {
    record: async (verdicts) => {
      const written = verdicts.map((verdict) => columnsOf(verdict, identifiers));
      const [firstMonth, lastMonth] = monthRange(verdicts.map(({ bill }) => bill));
      const rows = await database.query<RecordRow>({
        text: record,
        name: 'billing.record',
        values: [
          verdicts.map(({ bill }) => bill.billId),
          verdicts.map(({ bill }) => bill.billingDate),
          verdicts.map(({ kind }) => kind),
          written.map(({ token }) => token),
          written.map(({ until }) => until),
          written.map(({ code }) => code),
          written.map(({ text }) => text),
          written.map(({ failId }) => failId),
          firstMonth,
          now(),
          lastMonth,
        ],
      });
      const byPlace = new Map(rows.map((row) => [Number(row.place), row]));
      const parked = verdicts.filter(({ kind }, index) => kind === 'unknown' && byPlace.get(index + 1)?.is_moved === true);
      tellParked('unknown', parked.length);
      return verdicts.map((verdict, index) => answerOf(verdict, byPlace.get(index + 1)));
    },
  };
}

interface VerdictColumns {
  readonly token: bigint | null;
  readonly until: Date | null;
  readonly code: string | null;
  readonly text: string | null;
  readonly failId: bigint | null;
}

const nothing: VerdictColumns = { token: null, until: null, code: null, text: null, failId: null };

function columnsOf(verdict: SendVerdict, identifiers: Identifiers): VerdictColumns {
  switch (verdict.kind) {
    case 'sent':
      return { ...nothing, token: verdict.token, text: verdict.response };
    case 'refused':
      return {
        ...nothing,
        token: verdict.token,
        code: codeOf(verdict.error),
        text: textOf(verdict.error),
        failId: identifiers.next(),
      };
    case 'quiet':
      return { ...nothing, until: verdict.until };
    case 'later':
      return { ...nothing, token: verdict.token ?? null, until: verdict.until };
    case 'unknown':
      return { ...nothing, token: verdict.token, text: verdict.reason };
  }
}

// Bills are locked in the order of their ids, each once: a row that this statement has changed would drop out when it is met
// again for another verdict. `applies`: the transitions of a bill; one that was sent after all is not sent again, though a person has asked
// for that and nobody has taken it yet. An attempt that is told to have been sent or refused after it was given up as unknown is
// corrected even when a person has moved its bill on: the ledger tells what happened.
const record = `
  WITH verdict AS (
    SELECT * FROM unnest($1::bigint[], $2::timestamp[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::bigint[])
      WITH ORDINALITY AS verdict (id, billing_date, kind, token, until, code, text, fail_id, place)
  ), locked AS (
    SELECT * FROM billing.billing_p WHERE id = ANY ($1::bigint[]) AND billing_date BETWEEN $9::timestamp AND $11::timestamp ORDER BY id FOR UPDATE
  ), held AS (
    SELECT verdict.*, bill.public_info_id, bill.send_status, bill.park_reason, bill.fail_code,
      CASE
        WHEN kind = 'sent' THEN bill.send_token = token OR bill.send_status IN ('SEND_PENDING', 'IN_QUIET_HOUR') AND EXISTS (
          SELECT FROM billing.send_attempt AS attempt WHERE attempt.id = token AND attempt.billing_id = verdict.id AND attempt.result = 'UNKNOWN')
        WHEN kind = 'refused' THEN bill.send_token = token
        WHEN kind = 'unknown' OR token IS NOT NULL THEN bill.send_token = token AND bill.park_reason IS NULL
        WHEN kind = 'quiet' THEN bill.send_status = 'SEND_PENDING' AND NOT bill.quiet_override
        ELSE bill.send_status = 'SEND_PENDING'
      END AS applies
    FROM verdict JOIN locked AS bill ON bill.id = verdict.id AND bill.billing_date = verdict.billing_date
  ), moved AS (
    UPDATE billing.billing_p AS bill
    SET send_status = CASE kind WHEN 'sent' THEN 'COMPLETED' WHEN 'refused' THEN 'FAILED' WHEN 'quiet' THEN 'IN_QUIET_HOUR'
        WHEN 'later' THEN 'SEND_PENDING' WHEN 'unknown' THEN 'SENDING' END,
      pending_since = CASE kind WHEN 'later' THEN $10 ELSE bill.pending_since END,
      next_attempt_at = until,
      send_token = CASE kind WHEN 'unknown' THEN bill.send_token END,
      park_reason = CASE kind WHEN 'unknown' THEN text END,
      lease_owner = NULL, lease_until = NULL,
      sent_channel = CASE kind WHEN 'sent' THEN 'EMAIL' END,
      fail_code = code
    FROM held
    WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $9::timestamp AND $11::timestamp AND held.applies
    RETURNING held.place
  ), closed AS (
    UPDATE billing.send_attempt AS attempt
    SET ended_at = $10, code = verdict.code, response = verdict.text,
      result = CASE kind WHEN 'sent' THEN 'SENT' WHEN 'refused' THEN 'REFUSED' WHEN 'later' THEN 'LATER' ELSE 'UNKNOWN' END
    FROM verdict
    WHERE attempt.id = verdict.token
      AND (attempt.result IS NULL OR (attempt.result = 'UNKNOWN' AND kind IN ('sent', 'refused')))
  ), logged AS (
    INSERT INTO billing.email_fail_log (id, attempt_id, billing_id, billing_date, public_info_id, parse_status, code, error, failed_at)
    SELECT fail_id, token, id, billing_date, public_info_id, 'SUCCESS', code, text, $10
    FROM held JOIN moved USING (place) WHERE kind = 'refused'
  )
  SELECT held.place, moved.place IS NOT NULL AS is_moved, held.fail_code,
    CASE WHEN held.park_reason IS NULL THEN held.send_status ELSE 'PARKED' END AS state
  FROM held LEFT JOIN moved USING (place)`;

/** A verdict that changes nothing: it was recorded before, by this very statement, or its bill has moved on. */
function answerOfOld(verdict: SendVerdict, { state, fail_code }: RecordRow): Answer<SentBill> {
  // Its dead letter may be due still.
  if (verdict.kind === 'refused' && state === 'FAILED') return dead(verdict.error);
  return answerOfState(verdict.bill.billId, { state, failCode: fail_code, isLetterDue: false });
}

interface RecordRow {
  readonly place: bigint;
  readonly is_moved: boolean;
  /** As it was before. */
  readonly state: SendState;
  readonly fail_code: string | null;
}

function answerOf(verdict: SendVerdict, row: RecordRow | undefined): Answer<SentBill> {
  const { billId } = verdict.bill;
  if (row === undefined) return missing(billId);
  if (!row.is_moved) return answerOfOld(verdict, row);
  switch (verdict.kind) {
    case 'sent':
      return verdict;
    case 'refused':
      return dead(verdict.error);
    case 'quiet':
      return defer('quiet hours');
    case 'later':
      return defer('waits for its next attempt');
    case 'unknown':
      return defer('parked for a person');
  }
}
