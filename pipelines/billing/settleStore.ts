import type { Database, Transaction } from '../../src/connectors/database.ts';
import { jsonbArray } from '../../src/connectors/jsonbArray.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { firstDay, type Period } from '../shared/period.ts';
import type { Bill, MemberUsage } from './bill.ts';
import { writeDetails } from './billingDetails.ts';
import { settledMonthStore, type SettledMonthStore } from './settledMonthStore.ts';

/** The members that one partition of a settlement reads. */
export interface MemberPage {
  readonly bucket: number;
  /** The month of usage. */
  readonly month: Period;
  /** Exclusive lower bound of `public_info_id`; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
  /** The run whose partition is read again: leaves out who has a bill, and who waits among its skips. Slower. */
  readonly againOf: bigint | undefined;
}

/** The statements of a settlement. Months are months of usage; their bills bear the first day of the next one. */
export interface SettleStore extends SettledMonthStore {
  /** Members by bucket. */
  countMembers(): Promise<ReadonlyMap<number, number>>;
  /** Whether a bucket has bills of the month above a member: then it was read before, and the run's check failed. */
  hasBills(page: Pick<MemberPage, 'bucket' | 'month' | 'after'>): Promise<boolean>;
  /** The next members with usage in the month, with its sums, in ascending order. */
  page(page: MemberPage): Promise<readonly MemberUsage[]>;
  /** Those of these members with usage in the month and no bill for it. */
  at(month: Period, publicInfoIds: readonly string[]): Promise<readonly MemberUsage[]>;
  /** Writes bills of one month of usage; their lines are the usage that there is now. */
  write(transaction: Transaction, month: Period, bills: readonly Bill[]): Promise<void>;
}

/** The four divisions of members, by a hash of `public_info_id` that the table stores. */
export const buckets: readonly number[] = [0, 1, 2, 3];

/** A settlement's statements on a database. */
export function settleStore(database: Database, identifiers: Identifiers): SettleStore {
  return {
    ...settledMonthStore(database),
    countMembers: async () => {
      const rows = await database.query<{ bucket: number; members: bigint }>(countMembers);
      return new Map(rows.map(({ bucket, members }) => [bucket, Number(members)]));
    },
    hasBills: async ({ bucket, month, after }) => {
      const rows = await database.query({ text: billsOfBucket, values: [firstDay(month), bucket, after ?? lowest] });
      return rows.length > 0;
    },
    page: async ({ bucket, month, after, limit, againOf }) => {
      const values = [firstDay(month), bucket, after ?? lowest, limit];
      const statement =
        againOf === undefined
          ? { text: pageOfMembers, values, name: 'billing.settlePage' }
          : { text: pageOfUnbilled, values: [...values, againOf], name: 'billing.settlePageAgain' };
      return (await database.query<UsageRow>(statement)).map(readUsage);
    },
    at: async (month, publicInfoIds) => {
      return (await database.query<UsageRow>({ text: theseMembers, values: [firstDay(month), publicInfoIds] })).map(readUsage);
    },
    write: async (transaction, month, bills) => {
      const ids = bills.map(() => identifiers.next());
      const values = [firstDay(month), ids, bills.map(({ publicInfoId }) => publicInfoId)];
      await transaction.execute({ text: insertBills, values: billColumns(month, bills, ids), name: 'billing.insertBills' });
      await transaction.execute({ text: insertLines, values, name: 'billing.insertLines' });
    },
  };
}

const countMembers = `SELECT bucket, count(*) AS members FROM billing.member GROUP BY bucket`;

/** Below every `public_info_id`. */
const lowest = '-9223372036854775808';

// Sums are text: what a wrong line sums to may not fit into a bigint, and must not fail its neighbours.
const membersWithUsage = `
  SELECT member.public_info_id, member.birth_date, member.joined_date, member.contract_months, member.addon_grade,
    member.family_lines, member.send_day, used.gross, used.lowest, used.usage_id, used.lines
  FROM billing.member
  CROSS JOIN LATERAL (
    SELECT sum(amount_minor)::text AS gross, min(amount_minor) AS lowest, max(id) AS usage_id, count(*)::int AS lines
    FROM billing.usage WHERE usage.public_info_id = member.public_info_id AND usage.period = $1::date
  ) AS used
  WHERE used.lines > 0`;

const withoutBill = `
    AND NOT EXISTS (
      SELECT FROM billing.billing_p AS bill
      WHERE bill.public_info_id = member.public_info_id AND bill.billing_date = $1::date + interval '1 month'
    )`;

// Who was put aside and mended since is billed with the skip's resolution, by the run of what was skipped.
const withoutSkip = `
    AND NOT EXISTS (
      SELECT FROM weir.job_skip AS skip
      WHERE skip.run_id = $5 AND skip.resolved_at IS NULL AND skip.position = member.public_info_id::text
    )`;

// Compared and ordered as pairs, which only the index of (bucket, public_info_id) serves: the primary key would be read once
// for each bucket.
const nextOfBucket = `
    AND (member.bucket, member.public_info_id) > ($2::smallint, $3::bigint) AND member.bucket <= $2::smallint
  ORDER BY member.bucket, member.public_info_id LIMIT $4`;

const pageOfMembers = membersWithUsage + nextOfBucket;

const pageOfUnbilled = membersWithUsage + withoutBill + withoutSkip + nextOfBucket;

const theseMembers = `${membersWithUsage} ${withoutBill} AND member.public_info_id = ANY ($2::bigint[])`;

// The month is looked at first: in a run that was never interrupted it has no bill, and the members need not be read.
const billsOfBucket = `
  SELECT 1 AS one
  WHERE EXISTS (SELECT FROM billing.billing_p WHERE billing_date = $1::date + interval '1 month')
    AND EXISTS (
      SELECT FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
      WHERE bill.billing_date = $1::date + interval '1 month' AND member.bucket = $2 AND bill.public_info_id > $3::bigint
    )`;

interface UsageRow {
  readonly public_info_id: bigint;
  readonly birth_date: string | null;
  readonly joined_date: string;
  readonly contract_months: number;
  readonly addon_grade: number;
  readonly family_lines: number;
  readonly send_day: number;
  readonly gross: string;
  readonly lowest: bigint;
  readonly usage_id: bigint;
  readonly lines: number;
}

function readUsage(row: UsageRow): MemberUsage {
  return {
    publicInfoId: row.public_info_id,
    birthDate: row.birth_date,
    joinedDate: row.joined_date,
    contractMonths: row.contract_months,
    addonGrade: row.addon_grade,
    familyLines: row.family_lines,
    sendDay: row.send_day,
    grossMinor: BigInt(row.gross),
    lowestLineMinor: row.lowest,
    usageId: row.usage_id,
    lineCount: row.lines,
  };
}

// Not by COPY: a server that waits for its rows heeds no timeout, so the transaction of a process that stands still there would
// outlive its lease, and hold up whoever takes over.
const insertBills = `
  INSERT INTO billing.billing_p (billing_date, id, public_info_id, send_on, usage_id, billing_fee, billing_details)
  SELECT $1::date + interval '1 month', bill.*
  FROM ROWS FROM (
    unnest($2::bigint[], $3::bigint[], $4::date[], $5::bigint[], $6::bigint[]), jsonb_array_elements($7::jsonb)
  ) AS bill`;

function billColumns(month: Period, bills: readonly Bill[], ids: readonly bigint[]): readonly unknown[] {
  return [
    firstDay(month),
    ids,
    bills.map(({ publicInfoId }) => publicInfoId),
    bills.map(({ sendOn }) => sendOn),
    bills.map(({ usageId }) => usageId),
    bills.map(({ feeMinor }) => feeMinor),
    jsonbArray(bills.map(({ details }) => writeDetails(details))),
  ];
}

// What needs no decision does not leave the database: the lines are the usage. Should somebody have changed it since it was read,
// the comparison at the end of the run takes the bill back: adding up each chunk's lines would cost a tenth of the settlement.
// Each bill's lines are looked up: a join is planned by what is believed of the month, and may read all of it for each chunk.
const insertLines = `
  INSERT INTO billing.billing_detail_p (billing_id, usage_id, billing_date, used_on, service, description, quantity, amount_minor)
  SELECT bill.id, line.id, $1::date + interval '1 month', used_on, service, description, quantity, amount_minor
  FROM unnest($2::bigint[], $3::bigint[]) AS bill (id, public_info_id)
  CROSS JOIN LATERAL (
    SELECT * FROM billing.usage WHERE usage.public_info_id = bill.public_info_id AND usage.period = $1::date OFFSET 0
  ) AS line`;
