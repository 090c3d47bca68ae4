import type { Database } from '../../src/connectors/database.ts';
import { codeOf, textOf } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { monthRange } from './monthRange.ts';
import { requested } from './operatorStore.ts';
import type { TellParked } from './tellParked.ts';
import type { SendableText, SentText, TextVerdict } from './textDelivery.ts';

/** Takes bills that are sent as SMS, and writes what became of them. */
export interface TextStore {
  /**
   * Claims requests in one statement, each by its own token: of several messages of one request at most one gets it. Answers with
   * the number as it is now; `skipped` for a request that was taken or has ended, `deferred` for one whose time has not come.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  claim(values: readonly SendableText[], leaseMs: number): Promise<readonly Answer<SendableText>[]>;
  /**
   * Writes every verdict of a chunk in one statement: sent → COMPLETED, refused → FAILED with its row in the fail log, later →
   * requested again, not before its time, unknown → parked. An answer of the endpoint is guarded by the token, so a late one counts
   * though the bill was parked or taken back meanwhile; what is no answer by its holder, so it leaves the claim of another alone.
   * Repeatable.
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
export function textStore(database: Database, options: TextStoreOptions): TextStore {
  return { claim: claimer(database, options), record: recorder(database, options) };
}

function claimer(database: Database, { now, identifiers, instance }: TextStoreOptions): TextStore['claim'] {
  const holders = new WeakMap<SendableText, string>();
  const holderOf = (value: SendableText): string => {
    const holder = holders.get(value) ?? `${instance} ${identifiers.next()}`;
    holders.set(value, holder);
    return holder;
  };
  return async (values, leaseMs) => {
    const requests = values.map(({ request }) => request);
    const rows = await database.query<ClaimRow>({
      text: claim,
      name: 'billing.text.claim',
      values: [requests.map(({ token }) => token), values.map(holderOf), ...monthRange(requests), now(), leaseMs, requested],
    });
    const byToken = new Map(rows.map((row) => [row.token, row]));
    return values.map((value) => {
      const row = byToken.get(value.request.token);
      const holder = holderOf(value);
      if (row?.is_claimed === true && row.holder === holder) {
        return { ...value, claimed: { details: row.details, encryptedPhone: row.phone, holder } };
      }
      return row?.is_early === true ? defer('waits for its time') : skip('was taken by another message, or has ended');
    });
  };
}

function recorder(database: Database, { now, identifiers, tellParked }: TextStoreOptions): TextStore['record'] {
  return async function record(verdicts) {
    const written = verdicts.map(columnsOf);
    const rows = await database.query<RecordRow>({
      text: recordTexts,
      name: 'billing.text.record',
      values: [
        verdicts.map(({ request }) => request.token),
        verdicts.map(({ kind }) => kind),
        written.map(({ holder }) => holder),
        written.map(({ until }) => until),
        written.map(({ code }) => code),
        written.map(({ text }) => text),
        verdicts.map(() => identifiers.next()),
        ...monthRange(verdicts.map(({ request }) => request)),
        now(),
        requested,
      ],
    });
    const byToken = new Map(rows.map((row) => [row.token, row]));
    const isMoved = ({ request }: TextVerdict, index: number): boolean => {
      const row = byToken.get(request.token);
      return row?.is_moved === true && Number(row.place) === index + 1;
    };
    tellParked('unknown', verdicts.filter((verdict, index) => verdict.kind === 'unknown' && isMoved(verdict, index)).length);
    return verdicts.map((verdict, index) =>
      isMoved(verdict, index) ? answerOf(verdict) : answerOfOld(verdict, byToken.get(verdict.request.token)?.state ?? null),
    );
  };
}

interface VerdictColumns {
  readonly holder: string | null;
  readonly until: Date | null;
  readonly code: string | null;
  readonly text: string | null;
}

const nothing: VerdictColumns = { holder: null, until: null, code: null, text: null };

function columnsOf(verdict: TextVerdict): VerdictColumns {
  switch (verdict.kind) {
    case 'sent':
      return { ...nothing, text: verdict.response };
    case 'refused':
      return { ...nothing, code: codeOf(verdict.error), text: textOf(verdict.error) };
    case 'later':
      return { ...nothing, holder: verdict.holder ?? requested, until: verdict.until };
    case 'unknown':
      return { ...nothing, holder: verdict.holder, text: verdict.reason };
  }
}

function answerOf(verdict: TextVerdict): Answer<SentText> {
  switch (verdict.kind) {
    case 'sent':
      return verdict;
    case 'refused':
      return dead(verdict.error);
    case 'later':
      return defer('is asked for again');
    case 'unknown':
      return defer('parked for a person');
  }
}

/** A verdict that changes nothing: it was recorded before, perhaps by this very statement, or others have gone on with its bill. */
function answerOfOld(verdict: TextVerdict, state: RecordRow['state']): Answer<SentText> {
  switch (state) {
    case 'OPEN':
      return defer('is asked for again');
    case 'PARKED':
      return defer('parked for a person');
    case 'SENT':
      return verdict.kind === 'sent' ? verdict : skip('was sent meanwhile');
    case 'REFUSED':
      // Its dead letter may be due still.
      return verdict.kind === 'refused' ? answerOf(verdict) : skip('was refused meanwhile');
    default:
      return skip('a person has decided about it meanwhile');
  }
}

interface ClaimRow {
  readonly token: bigint;
  readonly holder: string;
  readonly is_claimed: boolean;
  /** It waits, and must not be asked for now. */
  readonly is_early: boolean;
  /** Null unless claimed. */
  readonly details: unknown;
  readonly phone: string;
}

interface RecordRow {
  readonly token: bigint;
  /** Of its verdicts, the one that counts. */
  readonly place: bigint;
  readonly is_moved: boolean;
  /** As it was before: of the bill while the attempt is its own, else the attempt's result. */
  readonly state: 'OPEN' | 'PARKED' | 'SENT' | 'REFUSED' | 'UNKNOWN' | null;
}

// By the token, which one bill has: nobody holds it until the first of its messages changes the holder. Who holds it already has
// claimed it by this statement before, when its answer was lost.
const claim = `
  WITH asked AS (
    SELECT * FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS asked (token, holder, place)
  ), first AS (
    SELECT DISTINCT ON (token) token, holder FROM asked ORDER BY token, place
  ), held AS (
    SELECT first.token, first.holder, bill.id, bill.billing_date, member.phone,
      coalesce(bill.lease_owner = first.holder, false) AS is_ours, coalesce(bill.lease_owner = $7, false) AS is_free,
      coalesce(bill.text_not_before <= $5, true) AND coalesce(bill.text_not_after > $5, true) AS is_timely
    FROM first JOIN billing.send_attempt AS attempt ON attempt.id = first.token
    JOIN billing.billing_p AS bill
      ON bill.id = attempt.billing_id AND bill.billing_date = attempt.billing_date AND bill.send_token = attempt.id
    JOIN billing.member USING (public_info_id)
    WHERE bill.billing_date BETWEEN $3::timestamp AND $4::timestamp
    ORDER BY bill.id FOR UPDATE OF bill
  ), claimed AS (
    UPDATE billing.billing_p AS bill
    SET lease_owner = held.holder, lease_until = clock_timestamp() + $6::float8 * interval '1 millisecond', text_not_before = NULL
    FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $3::timestamp AND $4::timestamp
      AND (held.is_ours OR held.is_free AND held.is_timely)
    RETURNING bill.id, bill.billing_details
  )
  SELECT held.token, held.holder, held.phone, claimed.billing_details AS details, claimed.id IS NOT NULL AS is_claimed,
    held.is_free AND NOT held.is_timely AS is_early
  FROM held LEFT JOIN claimed USING (id)`;

// Of several verdicts on one request an answer counts first: it is what happened.
const recordTexts = `
  WITH verdict AS (
    SELECT DISTINCT ON (token) *
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bigint[])
      WITH ORDINALITY AS verdict (token, kind, holder, until, code, text, fail_id, place)
    ORDER BY token, kind IN ('sent', 'refused') DESC, place
  ), held AS (
    SELECT verdict.*, bill.id, bill.billing_date, bill.public_info_id, bill.park_reason,
      kind IN ('sent', 'refused') OR coalesce(bill.lease_owner = holder, false) AS applies
    FROM verdict JOIN billing.send_attempt AS attempt ON attempt.id = verdict.token
    JOIN billing.billing_p AS bill ON bill.id = attempt.billing_id AND bill.billing_date = attempt.billing_date AND bill.send_token = token
    WHERE bill.billing_date BETWEEN $8::timestamp AND $9::timestamp
    ORDER BY bill.id FOR UPDATE OF bill
  ), moved AS (
    UPDATE billing.billing_p AS bill
    SET send_status = CASE kind WHEN 'sent' THEN 'COMPLETED' WHEN 'refused' THEN 'FAILED' ELSE 'SENDING' END,
      send_token = CASE WHEN kind IN ('later', 'unknown') THEN bill.send_token END,
      lease_owner = CASE kind WHEN 'later' THEN $11 END,
      lease_until = CASE kind WHEN 'later' THEN 'infinity'::timestamptz END,
      text_not_before = until,
      text_not_after = CASE kind WHEN 'later' THEN bill.text_not_after END,
      park_reason = CASE kind WHEN 'unknown' THEN text END,
      sent_channel = CASE kind WHEN 'sent' THEN 'SMS' END,
      fail_code = code
    FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $8::timestamp AND $9::timestamp
      AND held.applies
    RETURNING held.token
  ), closed AS (
    UPDATE billing.send_attempt AS attempt
    SET ended_at = $10, code = verdict.code, response = verdict.text,
      result = CASE kind WHEN 'sent' THEN 'SENT' WHEN 'refused' THEN 'REFUSED' ELSE 'UNKNOWN' END
    FROM verdict LEFT JOIN moved USING (token)
    WHERE attempt.id = verdict.token
      AND (kind IN ('sent', 'refused') AND (attempt.result IS NULL OR attempt.result = 'UNKNOWN')
        OR kind = 'unknown' AND attempt.result IS NULL AND moved.token IS NOT NULL)
  ), logged AS (
    INSERT INTO billing.email_fail_log (id, attempt_id, billing_id, billing_date, public_info_id, parse_status, code, error, failed_at)
    SELECT fail_id, token, id, billing_date, public_info_id, 'SUCCESS', code, text, $10 FROM held JOIN moved USING (token)
    WHERE kind = 'refused'
    ON CONFLICT DO NOTHING
  )
  SELECT verdict.token, verdict.place, moved.token IS NOT NULL AS is_moved,
    CASE WHEN held.park_reason IS NOT NULL THEN 'PARKED' WHEN held.token IS NOT NULL THEN 'OPEN' ELSE attempt.result END AS state
  FROM verdict LEFT JOIN billing.send_attempt AS attempt ON attempt.id = verdict.token
  LEFT JOIN held USING (token) LEFT JOIN moved USING (token)`;
