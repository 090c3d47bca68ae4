import type { Database } from '../../src/connectors/database.ts';
import { errorCodes, WeirError, type ErrorCode } from '../../src/errors.ts';
import { dead, defer, skip, type Answer, type Decision } from '../../src/message/decision.ts';
import { waitsForLetter } from './failLogStore.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { nextAllowedAt } from '../shared/quietHours.ts';
import type { SendableBill } from './delivery.ts';
import { monthRange } from './monthRange.ts';
import type { SendState } from './sendStatus.ts';

/** Under what bills are claimed. */
export interface ClaimOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
  /** The name of this process, for people. */
  readonly instance: string;
}

/** Takes bills for this process, just before they are mailed. */
export interface ClaimStore {
  /**
   * Claims bills in one statement, each under a token of its own; of several messages of one bill at most one gets it. Only what
   * is SEND_PENDING, due, and not in its member's quiet hours at this moment is claimed, and comes back with its name and
   * address as they are now. The others: `deferred` where a row brings the bill back, `skipped` when it was sent, `dead` when it
   * was refused. The claim holds for `leaseMs`, which is longer than a send and the recording behind it may take.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  claim(values: readonly SendableBill[], leaseMs: number): Promise<readonly Answer<SendableBill>[]>;
}

/** Claims on a database. */
export function claimStore(database: Database, options: ClaimOptions): ClaimStore {
  const { now, identifiers, instance } = options;
  const tokens = new WeakMap<SendableBill, bigint>();
  const tokenOf = (value: SendableBill): bigint => {
    const token = tokens.get(value) ?? identifiers.next();
    tokens.set(value, token);
    return token;
  };
  return {
    claim: async (values, leaseMs) => {
      const asOf = now();
      const [firstMonth, lastMonth] = monthRange(values.map(({ bill }) => bill));
      const rows = await database.query<ClaimRow>({
        text: claim,
        name: 'billing.claim',
        values: [
          values.map(({ bill }) => bill.billId),
          values.map(({ bill }) => bill.billingDate),
          values.map(tokenOf),
          firstMonth,
          asOf,
          instance,
          leaseMs,
          lastMonth,
        ],
      });
      const byPlace = new Map(rows.map((row) => [Number(row.place), row]));
      const quiet = rows.filter(({ is_quiet }) => is_quiet);
      if (quiet.length > 0) await putOff(database, quiet, asOf);
      return values.map((value, index) => answerOf(value, byPlace.get(index + 1)));
    },
  };
}

// All asked bills are locked in the order of their ids, so that two claims never wait for each other crosswise; a bill that was
// waited for is judged as it is then. Each is locked once, for the first of its messages: a row that this statement has changed
// already would drop out of `held` when it is met again. What has the asked token already was claimed by this statement before, when
// its answer was lost: it is answered once more, and its attempt stays one. The state is a column of `held`, not a condition on the table: the index
// of states would read everything that is pending.
const claim = `
  WITH asked AS (
    SELECT * FROM unnest($1::bigint[], $2::timestamp[], $3::bigint[]) WITH ORDINALITY AS asked (id, billing_date, token, place)
  ), first AS (
    SELECT DISTINCT ON (id, billing_date) id, billing_date, token FROM asked ORDER BY id, billing_date, place
  ), held AS (
    SELECT first.token, bill.id, bill.billing_date, bill.send_status, bill.park_reason, bill.fail_code,
      member.name, member.email, member.dnd_start, member.dnd_end, member.zone,
      coalesce(bill.send_token = first.token AND bill.park_reason IS NULL, false) AS is_ours,
      bill.send_status = 'SEND_PENDING' AND coalesce(bill.next_attempt_at <= $5, true) AS is_due,
      NOT bill.quiet_override AND coalesce(
        CASE WHEN dnd_start <= dnd_end
          THEN ($5 AT TIME ZONE zone)::time >= dnd_start AND ($5 AT TIME ZONE zone)::time < dnd_end
          ELSE ($5 AT TIME ZONE zone)::time >= dnd_start OR ($5 AT TIME ZONE zone)::time < dnd_end
        END, false) AS is_quiet
    FROM first
    JOIN billing.billing_p AS bill ON bill.id = first.id AND bill.billing_date = first.billing_date
    JOIN billing.member USING (public_info_id)
    WHERE bill.billing_date BETWEEN $4::timestamp AND $8::timestamp
    ORDER BY bill.id FOR UPDATE OF bill
  ), claimed AS (
    UPDATE billing.billing_p AS bill
    SET send_status = 'SENDING', send_token = held.token, lease_owner = $6,
      lease_until = clock_timestamp() + $7::float8 * interval '1 millisecond', next_attempt_at = NULL,
      attempts = bill.attempts + CASE WHEN held.is_ours THEN 0 ELSE 1 END
    FROM held
    WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $4::timestamp AND $8::timestamp
      AND (held.is_ours OR held.is_due AND NOT held.is_quiet)
    RETURNING bill.id, bill.billing_date, bill.send_token, bill.attempts, bill.quiet_override, bill.billing_details
  ), opened AS (
    INSERT INTO billing.send_attempt (id, billing_id, billing_date, number, channel, is_forced, instance, started_at)
    SELECT send_token, id, billing_date, attempts, 'EMAIL',
      quiet_override OR EXISTS (SELECT FROM billing.send_attempt WHERE billing_id = claimed.id AND result IN ('UNKNOWN', 'SENT')), $6, $5
    FROM claimed
    ON CONFLICT (id) DO NOTHING
  )
  SELECT asked.place, held.id, held.billing_date, asked.token, held.name, held.email, claimed.billing_details AS details, claimed.attempts AS attempt, held.fail_code,
    CASE WHEN claimed.id IS NOT NULL THEN 'SENDING' WHEN held.park_reason IS NOT NULL THEN 'PARKED' ELSE held.send_status END AS state,
    held.dnd_start::text, held.dnd_end::text, held.zone, held.is_due AND held.is_quiet AS is_quiet,
    coalesce(claimed.send_token = asked.token, false) AS is_claimed,
    CASE held.send_status WHEN 'FAILED' THEN EXISTS (SELECT FROM billing.email_fail_log WHERE billing_id = held.id AND ${waitsForLetter}) ELSE false END
      AS is_letter_due,
    (SELECT jsonb_agg(jsonb_build_object('label', description, 'amount', amount_minor::text) ORDER BY usage_id)
      FROM billing.billing_detail_p WHERE billing_id = claimed.id AND billing_date = claimed.billing_date) AS lines
  FROM asked JOIN held ON held.id = asked.id AND held.billing_date = asked.billing_date LEFT JOIN claimed ON claimed.id = held.id`;

interface ClaimRow {
  readonly place: bigint;
  readonly id: bigint;
  readonly billing_date: string;
  readonly token: bigint;
  readonly name: string;
  readonly email: string;
  /** Null unless claimed, like `attempt` and `lines`, which is null for a bill without lines too. */
  readonly details: unknown;
  readonly attempt: number | null;
  readonly lines: readonly { readonly label: string; readonly amount: string }[] | null;
  readonly state: SendState;
  readonly fail_code: string | null;
  readonly dnd_start: string;
  readonly dnd_end: string;
  readonly zone: string;
  readonly is_quiet: boolean;
  readonly is_claimed: boolean;
  readonly is_letter_due: boolean;
}

/** Bills whose quiet hours began between the decision and the claim. The rule that found them quiet now tells until when. */
async function putOff(database: Database, rows: readonly ClaimRow[], now: Date): Promise<void> {
  await database.execute({
    text: putOffQuiet,
    values: [
      rows.map(({ id }) => id),
      rows.map(({ billing_date }) => billing_date),
      rows.map((row) => nextAllowedAt({ start: row.dnd_start, end: row.dnd_end, zone: row.zone }, now)),
    ],
  });
}

const putOffQuiet = `
  WITH asked AS (
    SELECT * FROM unnest($1::bigint[], $2::timestamp[], $3::timestamptz[]) AS asked (id, billing_date, until)
  ), held AS (
    SELECT bill.id, bill.billing_date, bill.send_status, bill.quiet_override, asked.until FROM asked
    JOIN billing.billing_p AS bill ON bill.id = asked.id AND bill.billing_date = asked.billing_date
    ORDER BY bill.id FOR UPDATE OF bill
  )
  UPDATE billing.billing_p AS bill SET send_status = 'IN_QUIET_HOUR', next_attempt_at = held.until
  FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date
    AND held.send_status = 'SEND_PENDING' AND NOT held.quiet_override`;

function answerOf(value: SendableBill, row: ClaimRow | undefined): Answer<SendableBill> {
  if (row === undefined) return missing(value.bill.billId);
  if (row.is_quiet) return defer('quiet hours');
  if (!row.is_claimed) {
    return answerOfState(value.bill.billId, { state: row.state, failCode: row.fail_code, isLetterDue: row.is_letter_due });
  }
  const lines = (row.lines ?? []).map(({ label, amount }) => ({ label, amountMinor: BigInt(amount) }));
  const { token, details, attempt, name: encryptedName, email: encryptedEmail } = row;
  return { ...value, claimed: { token, attempt: attempt ?? 1, details, lines, encryptedName, encryptedEmail } };
}

/** A bill that nobody may take. */
interface Untaken {
  readonly state: SendState;
  readonly failCode: string | null;
  /** It was refused, and the dead letter that belongs to that is not logged yet: it may never have been written. */
  readonly isLetterDue: boolean;
}

/** How a message ends whose bill nobody may take: by what the bill is. */
export function answerOfState(billId: bigint, { state, failCode, isLetterDue }: Untaken): Decision {
  switch (state) {
    case 'COMPLETED':
      return skip('already completed');
    case 'FAILED':
      return isLetterDue
        ? dead(new WeirError(codeFrom(failCode), `Bill ${billId} has failed before, with ${failCode ?? 'no code'}.`, { kind: 'permanent' }))
        : skip('has failed before');
    case 'CREATED':
      return defer('waits for its day');
    case 'SEND_PENDING':
      return defer('waits for its next attempt');
    case 'IN_QUIET_HOUR':
      return defer('quiet hours');
    case 'SENDING':
      return defer('claimed by another');
    case 'PARKED':
      return defer('parked for a person');
  }
}

function codeFrom(text: string | null): ErrorCode {
  return text !== null && text in errorCodes ? (text as ErrorCode) : 'refused';
}

/** The end of a message that names a bill, or a member, that is not there. */
export function missing(billId: bigint): Decision {
  return dead(new WeirError('notFound', `Bill ${billId} is not known, or its member is not.`));
}
