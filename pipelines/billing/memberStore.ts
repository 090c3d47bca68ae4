import { copyLine } from '../../src/connectors/copyLine.ts';
import type { Database } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { blindIndex } from '../../src/message/blindIndex.ts';
import { encryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { domainOf, normalizeEmail } from '../shared/emailAddress.ts';
import type { QuietHours } from '../shared/quietHours.ts';
import { isTimeZone } from '../shared/zoneStretch.ts';
import { finishClosing } from './finishClosing.ts';

/** A member as another system tells of one, in the clear. */
export interface NewMember {
  readonly publicInfoId: bigint;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** `YYYY-MM-DD`; null when it is not known. */
  readonly birthDate: string | null;
  readonly joinedDate: string;
  /** Term of the contract in months; 0 for none. */
  readonly contractMonths: number;
  readonly addonGrade: number;
  /** Lines of the family, the first included. */
  readonly familyLines: number;
  /** Day of the month on which the bill is mailed: 15 or 21. */
  readonly sendDay: number;
  readonly quietHours: QuietHours;
}

/** One line of usage as another system tells of it. */
export interface NewUsage {
  readonly id: bigint;
  readonly publicInfoId: bigint;
  /** The day it happened, `YYYY-MM-DD`. */
  readonly usedOn: string;
  readonly service: string;
  /** What the member reads on the bill. */
  readonly description: string;
  readonly quantity: bigint;
  readonly amountMinor: bigint;
}

/** Takes in members and their usage. */
export interface MemberStore {
  /**
   * Writes all of them or none; a member that is there already, or whose time zone nobody knows, is a `constraint`. Memory: the
   * text of all of them.
   */
  insertMembers(members: readonly NewMember[]): Promise<void>;
  /**
   * Takes in all lines or none, each into the first open period from the month it happened in: usage that comes after its month
   * was closed goes on the next bill. A line is its member and id: one that is there already, in an open period or a closed one,
   * is accepted and changes nothing, so what may have been written is given again. `constraint` when no period is open for one
   * of them, or it names no member; `conflict` when earlier writers of a month that is being closed have not ended in time.
   */
  insertUsage(usage: readonly NewUsage[]): Promise<void>;
}

/** Members and usage in the database; names, addresses and numbers are encrypted with the current key of the ring. */
export function memberStore(database: Database, ring: KeyRing): MemberStore {
  return {
    insertMembers: async (members) => {
      const lines = members.map((member) => memberLine(member, ring));
      await database.withTransaction((transaction) => transaction.copyIn(copyMembers, lines));
    },
    insertUsage: async (usage) => {
      await database.withTransaction(async (transaction) => {
        const locked = (await transaction.query<{ period: string }>(lockOpen)).map(({ period }) => period);
        await transaction.execute({ text: finishEarlier, values: [usage.map(({ usedOn }) => usedOn), locked] });
        const values = [...usageColumns(usage), locked];
        const [taken] = await transaction.query<{ known: number }>({ text: insertUsage, values, name: 'billing.insertUsage' });
        const unknown = usage.length - (taken?.known ?? 0);
        if (unknown > 0) {
          throw new WeirError('constraint', `Of ${usage.length} lines of usage ${unknown} name a member that is not known.`);
        }
      });
    },
  };
}

const copyMembers = `
  COPY billing.member (public_info_id, name, email, phone, email_index, email_domain, birth_date, joined_date, contract_months,
    addon_grade, family_lines, send_day, dnd_start, dnd_end, zone)
  FROM STDIN`;

function memberLine(member: NewMember, ring: KeyRing): string {
  const owner = member.publicInfoId.toString();
  const { start, end, zone } = member.quietHours;
  if (!isTimeZone(zone)) throw new WeirError('constraint', `Member ${owner} has a time zone that nobody knows.`);
  return copyLine([
    member.publicInfoId,
    encryptField(ring, owner, 'name', member.name),
    encryptField(ring, owner, 'email', member.email),
    encryptField(ring, owner, 'phone', member.phone),
    blindIndex(ring, normalizeEmail(member.email)),
    domainOf(member.email),
    member.birthDate,
    member.joinedDate,
    member.contractMonths,
    member.addonGrade,
    member.familyLines,
    member.sendDay,
    start,
    end,
    zone,
  ]);
}

// A line is written once though its writers overlap with each other and with the closing of its month:
// - While a writer holds a period, nobody closes it. One that it found open and that was closed before it held it is seen as
//   closed by the insertion, a later statement: FOR KEY SHARE need not look again at a row whose key did not change.
// - A period that is being closed is closed before its late lines go elsewhere: then its writers have ended, the insertion sees
//   their lines, and whoever found it open before and comes to write now does not.
const lockOpen = 'SELECT period FROM billing.billing_period WHERE closing_at IS NULL ORDER BY period FOR KEY SHARE';

const finishEarlier = finishClosing(`
      period >= (SELECT date_trunc('month', min(used_on)) FROM unnest($1::date[]) AS used_on) AND period <> ALL ($2::date[])`);

// The OR keeps the search for a repeated line from becoming a join with months of usage: late lines alone look their key up.
const insertUsage = `
  WITH used AS MATERIALIZED (
    SELECT used.*, date_trunc('month', used_on)::date AS month, (
        SELECT min(period) FROM billing.billing_period
        WHERE closed_at IS NULL AND period = ANY ($8::date[]) AND period >= date_trunc('month', used_on)
      ) AS period
    FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
      AS used (id, public_info_id, used_on, service, description, quantity, amount_minor)
    JOIN billing.member USING (public_info_id)
  ), written AS (
    INSERT INTO billing.usage (period, id, public_info_id, used_on, service, description, quantity, amount_minor)
    SELECT period, id, public_info_id, used_on, service, description, quantity, amount_minor FROM used
    WHERE used.period = used.month OR NOT EXISTS (
      SELECT FROM billing.usage AS earlier
      WHERE earlier.public_info_id = used.public_info_id AND earlier.id = used.id AND earlier.period >= used.month
    )
    ON CONFLICT DO NOTHING
  )
  SELECT count(*)::int AS known FROM used`;

function usageColumns(usage: readonly NewUsage[]): readonly unknown[] {
  return [
    usage.map(({ id }) => id),
    usage.map(({ publicInfoId }) => publicInfoId),
    usage.map(({ usedOn }) => usedOn),
    usage.map(({ service }) => service),
    usage.map(({ description }) => description),
    usage.map(({ quantity }) => quantity),
    usage.map(({ amountMinor }) => amountMinor),
  ];
}
