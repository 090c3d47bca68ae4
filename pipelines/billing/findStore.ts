import type { Database } from '../../src/connectors/database.ts';
import { blindIndexes } from '../../src/message/blindIndex.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { normalizeEmail } from '../shared/emailAddress.ts';
import { maskEmail, maskName, maskPhone } from './mask.ts';
import type { Channel } from './operatedBill.ts';
import { parkedOfMonth } from './operatedBillStore.ts';
import type { SendState } from './sendStatus.ts';

/** What a member is looked for by. */
export type MemberQuery = { readonly publicInfoId: bigint } | { readonly billId: bigint } | { readonly email: string };

/** A member with name, address and number masked: in the clear they do not leave the store. */
export interface FoundMember {
  readonly publicInfoId: bigint;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly sendDay: number;
  /** `22:00:00 to 08:00:00 Asia/Seoul`, or `none`. */
  readonly quietHours: string;
}

/** A bill of theirs, with what became of it. Times and ids are texts, as they are shown. */
export interface MemberBill {
  readonly public_info_id: bigint;
  readonly id: bigint;
  readonly month: string;
  readonly state: SendState;
  readonly status: string;
  readonly send_on: string;
  readonly billing_fee: bigint;
  readonly next_attempt_at: Date | null;
  readonly park_reason: string | null;
  readonly fail_code: string | null;
  readonly sent_channel: Channel | null;
  readonly attempts: readonly { readonly [field: string]: string | number | boolean | null }[];
  readonly failures: readonly { readonly [field: string]: string | number | boolean | null }[];
}

/** A bill that waits for a person. */
export interface ParkedBill {
  readonly id: bigint;
  readonly month: string;
  readonly public_info_id: bigint;
  readonly park_reason: string;
  readonly attempt: number | null;
  readonly channel: Channel | null;
  readonly instance: string | null;
  readonly started_at: Date | null;
  readonly parked_at: Date | null;
}

/** What operators look for. */
export interface FindStore {
  /** By the member's number, by a bill of theirs, or by an address as it is now, whatever its spelling; at most 20. */
  members(query: MemberQuery): Promise<readonly FoundMember[]>;
  /** Their latest bills, at most 24 each, the latest first, with every attempt and failure; only this bill where one is given. */
  billsOf(publicInfoIds: readonly bigint[], billId?: bigint): Promise<readonly MemberBill[]>;
  /** Parked bills, the oldest first, and how many there are. */
  parked(query: { readonly billingDate: string | undefined; readonly limit: number }): Promise<{
    readonly count: number;
    readonly bills: readonly ParkedBill[];
  }>;
}

/** What operators look for, in a database. */
export function findStore(database: Database, ring: KeyRing): FindStore {
  return {
    members: async (query) => {
      return (await database.query<MemberRow>(memberStatement(ring, query))).map((row) => maskedMember(ring, row));
    },
    billsOf: (publicInfoIds, billId) => database.query<MemberBill>({ text: billsOf, values: [publicInfoIds, billId ?? null] }),
    parked: async ({ billingDate, limit }) => {
      const rows = await database.query<ParkedBill & { readonly in_all: bigint }>({ text: parked, values: [billingDate ?? null, limit] });
      return { count: Number(rows[0]?.in_all ?? 0n), bills: rows };
    },
  };
}

function memberStatement(ring: KeyRing, query: MemberQuery): { readonly text: string; readonly values: unknown[] } {
  if ('email' in query) return { text: byEmail, values: [blindIndexes(ring, normalizeEmail(query.email))] };
  return 'billId' in query ? { text: byBill, values: [query.billId] } : { text: byId, values: [query.publicInfoId] };
}

interface MemberRow {
  readonly public_info_id: bigint;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly send_day: number;
  readonly dnd_start: string | null;
  readonly dnd_end: string | null;
  readonly zone: string;
}

function maskedMember(ring: KeyRing, row: MemberRow): FoundMember {
  const opened = (field: 'name' | 'email' | 'phone', mask: (text: string) => string): string => {
    try {
      return mask(decryptField(ring, row.public_info_id.toString(), field, row[field]));
    } catch {
      // Worth seeing, and no reason to hide the bills.
      return '(does not open)';
    }
  };
  return {
    publicInfoId: row.public_info_id,
    name: opened('name', maskName),
    email: opened('email', maskEmail),
    phone: opened('phone', maskPhone),
    sendDay: row.send_day,
    quietHours: row.dnd_start === null ? 'none' : `${row.dnd_start} to ${row.dnd_end ?? ''} ${row.zone}`,
  };
}

const member = `SELECT public_info_id, name, email, phone, send_day, dnd_start::text, dnd_end::text, zone FROM billing.member`;
const byId = `${member} WHERE public_info_id = $1`;
const byBill = `${member} WHERE public_info_id IN (SELECT public_info_id FROM billing.billing_p WHERE id = $1)`;
const byEmail = `${member} WHERE email_index = ANY ($1::text[]) ORDER BY public_info_id LIMIT 20`;

const billsOf = `
  SELECT bill.public_info_id, bill.id, to_char(bill.billing_date, 'YYYY-MM') AS month,
    CASE WHEN bill.park_reason IS NULL THEN bill.send_status ELSE 'PARKED' END AS state,
    bill.status, bill.send_on, bill.billing_fee, bill.next_attempt_at, bill.park_reason, bill.fail_code, bill.sent_channel,
    (SELECT coalesce(json_agg(json_build_object('number', number, 'channel', channel, 'result', result, 'code', code,
        'isForced', is_forced, 'startedAt', started_at, 'endedAt', ended_at, 'instance', instance, 'response', response) ORDER BY number), '[]')
      FROM billing.send_attempt WHERE billing_id = bill.id) AS attempts,
    (SELECT coalesce(json_agg(json_build_object('code', code, 'error', error, 'failedAt', failed_at, 'origin', origin) ORDER BY failed_at, id), '[]')
      FROM billing.email_fail_log WHERE billing_id = bill.id) AS failures
  FROM unnest($1::bigint[]) AS owner (id) CROSS JOIN LATERAL (
    SELECT * FROM billing.billing_p WHERE public_info_id = owner.id AND id = coalesce($2::bigint, id) ORDER BY billing_date DESC LIMIT 24
  ) AS bill
  ORDER BY bill.public_info_id, bill.billing_date DESC`;

const parked = `
  SELECT bill.id, to_char(bill.billing_date, 'YYYY-MM') AS month, bill.public_info_id, bill.park_reason, attempt.number AS attempt,
    attempt.channel, attempt.instance, attempt.started_at, attempt.ended_at AS parked_at, count(*) OVER () AS in_all
  FROM billing.billing_p AS bill LEFT JOIN billing.send_attempt AS attempt ON attempt.id = bill.send_token
  WHERE ${parkedOfMonth}
  ORDER BY attempt.started_at, bill.id LIMIT $2`;
