import type { Database, Transaction } from '../../src/connectors/database.ts';
import { jsonbArray } from '../../src/connectors/jsonbArray.ts';
import { WeirError } from '../../src/errors.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { firstDay, type Period } from '../shared/period.ts';
import type { Bill, MemberUsage } from './bill.ts';
import { writeDetails } from './billingDetails.ts';

/** A member as a page reads one. */
export interface SettledMember extends MemberUsage {
  /** Changes with every change of the month's usage after its closing: what was read under another one may be outdated. */
  readonly usageVersion: bigint;
}

/** A bill and what it was reckoned from: its lines must be that. */
export interface SettledBill extends Bill {
  readonly grossMinor: bigint;
  readonly lineCount: number;
  readonly usageVersion: bigint;
}

/** The members that one partition of a settlement reads. */
export interface MemberPage {
  readonly bucket: number;
  /** The month of usage. */
  readonly month: Period;
  /** Exclusive lower bound of `public_info_id`; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
  /** Leaves out members who have their bill: needed where a partition is read again, and slower. */
  readonly isRepeated: boolean;
}

/** Lines of usage, and what they sum to. */
export interface LineTotal {
  readonly lines: bigint;
  readonly minor: bigint;
}

/** Where the lines of a month's usage are. */
export interface SettlementTotals {
  readonly usage: LineTotal;
  /** On the bills of the month. */
  readonly billed: LineTotal;
  /** Of members who were put aside by the run and have no bill. */
  readonly skipped: LineTotal;
}

/** What is left when everybody was billed. */
export interface Unbilled {
  readonly count: number;
  /** Some of them. */
  readonly examples: readonly bigint[];
}

/** The statements of a settlement. Months are months of usage; their bills bear the first day of the next one. */
export interface SettleStore {
  /** Members by bucket. */
  countMembers(): Promise<ReadonlyMap<number, number>>;
  /** Whether a bucket has bills of the month above a member: then it was read before, and the run's check failed. */
  hasBills(page: Pick<MemberPage, 'bucket' | 'month' | 'after'>): Promise<boolean>;
  /** The next members with usage in the month, with its sums, in ascending order. */
  page(page: MemberPage): Promise<readonly SettledMember[]>;
  /** Those of these members with usage in the month and no bill for it. */
  at(month: Period, publicInfoIds: readonly string[]): Promise<readonly SettledMember[]>;
  /**
   * Writes bills of one month of usage with their lines. Rejects with a transient `incomplete` when the usage has changed since it
   * was read: nothing is written, and reading it again helps.
   */
  write(transaction: Transaction, month: Period, bills: readonly SettledBill[]): Promise<void>;
  /** Every line of the month's usage, where it is now. */
  totals(month: Period, run: { readonly job: string; readonly key: string }): Promise<SettlementTotals>;
  /** Members with usage in the month, without a bill and without a recorded skip of the run of this key. */
  unbilled(month: Period, run: { readonly job: string; readonly key: string }): Promise<Unbilled>;
}

/** The four divisions of members, by a hash of `public_info_id` that the table stores. */
export const buckets: readonly number[] = [0, 1, 2, 3];

/** A settlement's statements on a database. */
export function settleStore(database: Database, identifiers: Identifiers): SettleStore {
  return {
    countMembers: async () => {
      const rows = await database.query<{ bucket: number; members: bigint }>(countMembers);
      return new Map(rows.map(({ bucket, members }) => [bucket, Number(members)]));
    },
    hasBills: async ({ bucket, month, after }) => {
      const rows = await database.query({ text: billsOfBucket, values: [firstDay(month), bucket, after ?? lowest] });
      return rows.length > 0;
    },
    page: async ({ bucket, month, after, limit, isRepeated }) => {
      const values = [firstDay(month), bucket, after ?? lowest, limit];
      const statement = isRepeated ? { text: pageOfUnbilled } : { text: pageOfMembers, name: 'billing.settlePage' };
      return (await database.query<UsageRow>({ ...statement, values })).map(readUsage);
    },
    at: async (month, publicInfoIds) => {
      return (await database.query<UsageRow>({ text: theseMembers, values: [firstDay(month), publicInfoIds] })).map(readUsage);
    },
    write: async (transaction, month, bills) => {
      const ids = bills.map(() => identifiers.next());
      const values = [firstDay(month), ids, bills.map(({ publicInfoId }) => publicInfoId)];
      const lines = await transaction.execute({ text: insertLines, values, name: 'billing.insertLines' });
      const count = await transaction.execute({ text: insertBills, values: billColumns(month, bills, ids), name: 'billing.insertBills' });
      const read = bills.reduce((total, { lineCount }) => total + lineCount, 0);
      if (lines !== read || count !== bills.length) throw outdated(month);
    },
    totals: async (month, { job, key }) => {
      const total = async (text: string, ...more: readonly string[]): Promise<LineTotal> => {
        const [row] = await database.query<TotalRow>({ text, values: [firstDay(month), ...more] });
        return { lines: row?.lines ?? 0n, minor: BigInt(row?.minor ?? 0) };
      };
      const [usage, billed, skipped] = await Promise.all([total(usageTotal), total(billedTotal), total(skippedTotal, job, key)]);
      return { usage, billed, skipped };
    },
    unbilled: async (month, { job, key }) => {
      const rows = await database.query<{ public_info_id: bigint; total: bigint }>({ text: unbilled, values: [firstDay(month), job, key] });
      return { count: Number(rows[0]?.total ?? 0n), examples: rows.map((row) => row.public_info_id) };
    },
  };
}

const countMembers = `SELECT bucket, count(*) AS members FROM billing.member GROUP BY bucket`;

/** Below every `public_info_id`. */
const lowest = '-9223372036854775808';

/** Of the month of usage $1. */
const usageVersion = `(SELECT coalesce(amended_by::text::bigint, 0) FROM billing.billing_period WHERE period = $1::date)`;

// Sums are text: what a wrong line sums to may not fit into a bigint, and must not fail its neighbours.
const membersWithUsage = `
  SELECT member.public_info_id, member.birth_date, member.joined_date, member.contract_months, member.addon_grade,
    member.family_lines, member.send_day, used.gross, used.lowest, used.usage_id, used.lines,
    ${usageVersion} AS usage_version
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

// Compared and ordered as pairs, which only the index of (bucket, public_info_id) serves: the primary key would be read once
// for each bucket.
const nextOfBucket = `
    AND (member.bucket, member.public_info_id) > ($2::smallint, $3::bigint) AND member.bucket <= $2::smallint
  ORDER BY member.bucket, member.public_info_id LIMIT $4`;

const pageOfMembers = membersWithUsage + nextOfBucket;

// Without a name: a plan that was kept from when the month was empty reads the whole month for each page.
const pageOfUnbilled = membersWithUsage + withoutBill + nextOfBucket;

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
  readonly usage_version: bigint;
}

function readUsage(row: UsageRow): SettledMember {
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
    usageVersion: row.usage_version,
  };
}

// What needs no decision does not leave the database: the lines are the usage.
const insertLines = `
  INSERT INTO billing.billing_detail_p (billing_id, usage_id, billing_date, used_on, service, description, quantity, amount_minor)
  SELECT bill.id, usage.id, $1::date + interval '1 month', used_on, service, description, quantity, amount_minor
  FROM unnest($2::bigint[], $3::bigint[]) AS bill (id, public_info_id)
  JOIN billing.usage USING (public_info_id) WHERE usage.period = $1::date`;

// After the lines: where the version is still the one under which the bills were reckoned, it was so when the lines were copied,
// and they are what the bills were reckoned from. Adding them up again would cost a tenth of the settlement and tell no more.
// Not by COPY: a server that waits for its rows heeds no timeout, so the transaction of a process that stands still there would
// outlive its lease, and hold up whoever takes over.
const insertBills = `
  INSERT INTO billing.billing_p (billing_date, id, public_info_id, send_on, usage_id, billing_fee, billing_details)
  SELECT $1::date + interval '1 month', bill.*
  FROM ROWS FROM (
    unnest($2::bigint[], $3::bigint[], $4::date[], $5::bigint[], $6::bigint[]), jsonb_array_elements($7::jsonb)
  ) AS bill
  WHERE ${usageVersion} = ALL ($8::bigint[])`;

function billColumns(month: Period, bills: readonly SettledBill[], ids: readonly bigint[]): readonly unknown[] {
  return [
    firstDay(month),
    ids,
    bills.map(({ publicInfoId }) => publicInfoId),
    `{${bills.map(({ sendOn }) => sendOn).join()}}`,
    bills.map(({ usageId }) => usageId),
    bills.map(({ feeMinor }) => feeMinor),
    jsonbArray(bills.map(({ details }) => writeDetails(details))),
    [...new Set(bills.map(({ usageVersion }) => usageVersion))],
  ];
}

/** Transient: the partition goes on at its checkpoint, and reads what is there now. */
function outdated(month: Period): WeirError {
  const text = `The usage of ${month} was changed while it was billed: what was read is outdated. It is read again.`;
  return new WeirError('incomplete', text, { kind: 'transient' });
}

interface TotalRow {
  readonly lines: bigint;
  readonly minor: string;
}

const total = `SELECT count(*) AS lines, coalesce(sum(amount_minor), 0)::text AS minor`;

const usageTotal = `${total} FROM billing.usage WHERE period = $1::date`;

const billedTotal = `${total} FROM billing.billing_detail_p WHERE billing_date = $1::date + interval '1 month'`;

const skippedTotal = `
  ${total}
  FROM weir.job_run AS run JOIN weir.job_skip AS skip ON skip.run_id = run.id
  JOIN billing.usage ON usage.public_info_id = skip.position::bigint AND usage.period = $1::date
  WHERE run.job = $2 AND run.key = $3 AND NOT EXISTS (
    SELECT FROM billing.billing_p AS bill
    WHERE bill.public_info_id = usage.public_info_id AND bill.billing_date = $1::date + interval '1 month'
  )`;

// Recorded skips count whether or not they were resolved: those that were have a bill.
const unbilled = `
  SELECT used.public_info_id, count(*) OVER () AS total
  FROM (SELECT DISTINCT public_info_id FROM billing.usage WHERE period = $1::date) AS used
  WHERE NOT EXISTS (
      SELECT FROM billing.billing_p AS bill
      WHERE bill.public_info_id = used.public_info_id AND bill.billing_date = $1::date + interval '1 month'
    )
    AND NOT EXISTS (
      SELECT FROM weir.job_skip AS skip JOIN weir.job_run AS run ON run.id = skip.run_id
      WHERE run.job = $2 AND run.key = $3 AND skip.position = used.public_info_id::text
    )
  LIMIT 5`;
