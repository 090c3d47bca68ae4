import { copyLine } from '../../src/connectors/copyLine.ts';
import type { Database } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { blindIndex } from '../../src/message/blindIndex.ts';
import { encryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { domainOf, normalizeEmail } from '../shared/emailAddress.ts';
import type { QuietHours } from '../shared/quietHours.ts';
import { isTimeZone } from '../shared/zoneStretch.ts';

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
   * Writes all lines or none, each into the first open period from the month it happened in: usage that comes after its month
   * was closed goes on the next bill. `constraint` when no period is open for one of them, or it names no member.
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
        const written = await transaction.execute({ text: insertUsage, values: usageColumns(usage), name: 'billing.insertUsage' });
        if (written !== usage.length) {
          throw new WeirError('constraint', `Of ${usage.length} lines of usage ${usage.length - written} name a member that is not known.`);
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

// The periods are locked before the lines are written: a closing waits for this transaction, or its period is not among them.
const insertUsage = `
  WITH open AS MATERIALIZED (
    SELECT period FROM billing.billing_period WHERE closed_at IS NULL ORDER BY period FOR SHARE
  )
  INSERT INTO billing.usage (period, id, public_info_id, used_on, service, description, quantity, amount_minor)
  SELECT (SELECT min(open.period) FROM open WHERE open.period >= date_trunc('month', used.used_on)),
    used.id, used.public_info_id, used.used_on, used.service, used.description, used.quantity, used.amount_minor
  FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
    AS used (id, public_info_id, used_on, service, description, quantity, amount_minor)
  JOIN billing.member USING (public_info_id)`;

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
