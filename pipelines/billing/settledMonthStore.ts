import type { Database } from '../../src/connectors/database.ts';
import { firstDay, type Period } from '../shared/period.ts';

/** A run of the settlement. */
export interface SettlementRun {
  readonly job: string;
  readonly key: string;
}

/** What lines or bills sum to. */
export interface Total {
  readonly lines: bigint;
  readonly minor: bigint;
  /**
   * The sum with each amount weighted by its member, so that what one member lacks and another has too much of shows. Equal ones
   * are equal modulo `weightModulus`.
   */
  readonly byMember: bigint;
  /** The same, weighted by the bill. */
  readonly byBill: bigint;
}

/** Where a month's usage is now. What a total has no member or no bill for is 0. */
export interface SettlementTotals {
  readonly usage: Total;
  /** Of members who were put aside by the run and have no bill. */
  readonly skipped: Total;
  /** What bills were reckoned from, fees and discounts together; its `lines` are bills. */
  readonly bills: Total;
  /** The lines of bills. */
  readonly billed: Total;
}

/** Some of many. */
export interface Examples {
  readonly count: number;
  readonly publicInfoIds: readonly string[];
}

/** A month of usage that was settled, and how to put right what is not whole. */
export interface SettledMonthStore {
  totals(month: Period, run: SettlementRun): Promise<SettlementTotals>;
  /**
   * Deletes bills that are not what their member's usage is now, or not what their lines are, as long as nobody has begun to send
   * them; names those that it has to leave.
   */
  takeBack(month: Period): Promise<{ readonly takenBack: Examples; readonly left: Examples }>;
  /** Members with usage in the month, without a bill and without a recorded skip of the run of this key. */
  unbilled(month: Period, run: SettlementRun): Promise<Examples>;
}

/** Prime; products of two remainders fit into a bigint. */
export const weightModulus = 2_147_483_647n;

/** The settled months of a database. */
export function settledMonthStore(database: Database): SettledMonthStore {
  const total = async (text: string, month: Period, ...more: readonly string[]): Promise<TotalRow> => {
    const [row] = await database.query<TotalRow>({ text, values: [firstDay(month), ...more] });
    return row ?? nothing;
  };
  return {
    totals: async (month, { job, key }) => {
      const [usage, skipped, bills, billed] = await Promise.all([
        total(usageTotal, month),
        total(skippedTotal, month, job, key),
        total(billTotal, month),
        total(lineTotal, month),
      ]);
      return { usage: readTotal(usage), skipped: readTotal(skipped), bills: readTotal(bills), billed: readTotal(billed) };
    },
    takeBack: (month) =>
      database.withTransaction(async (transaction) => {
        const rows = await transaction.query<ExamplesRow & { is_taken: boolean }>({ text: takeBack, values: [firstDay(month)] });
        return {
          takenBack: readExamples(rows.find(({ is_taken }) => is_taken)),
          left: readExamples(rows.find(({ is_taken }) => !is_taken)),
        };
      }),
    unbilled: async (month, { job, key }) => {
      const [row] = await database.query<ExamplesRow>({ text: unbilled, values: [firstDay(month), job, key] });
      return readExamples(row);
    },
  };
}

interface TotalRow {
  readonly lines: bigint;
  readonly minor: string;
  readonly by_member: string;
  readonly by_bill: string;
}

const nothing: TotalRow = { lines: 0n, minor: '0', by_member: '0', by_bill: '0' };

function readTotal({ lines, minor, by_member, by_bill }: TotalRow): Total {
  return { lines, minor: BigInt(minor), byMember: BigInt(by_member), byBill: BigInt(by_bill) };
}

interface ExamplesRow {
  readonly members: bigint;
  readonly examples: readonly string[] | null;
}

function readExamples(row: ExamplesRow | undefined): Examples {
  return { count: Number(row?.members ?? 0n), publicInfoIds: row?.examples ?? [] };
}

const examples = `count(*) AS members, (array_agg(public_info_id::text ORDER BY public_info_id))[1:5] AS examples`;

/** Text, since a wrong line may be as large as a bigint is. */
function sums(minor: string, weights: { readonly member?: string; readonly bill?: string }): string {
  const weighted = (weight: string | undefined): string =>
    weight === undefined ? "'0'" : `coalesce(sum((${minor} % ${weightModulus}) * (${weight} % ${weightModulus})), 0)::text`;
  return `
  SELECT count(*) AS lines, coalesce(sum(${minor}), 0)::text AS minor,
    ${weighted(weights.member)} AS by_member, ${weighted(weights.bill)} AS by_bill`;
}

const usageTotal = `${sums('amount_minor', { member: 'public_info_id' })} FROM billing.usage WHERE period = $1::date`;

const billDate = `$1::date + interval '1 month'`;
const gross = `(bill.billing_fee + (bill.billing_details ->> 'totalDiscount')::bigint)`;

// OFFSET 0 keeps the planner from merging the two, which would take the details of a bill apart for each of the sums.
const billTotal = `
  ${sums('gross', { member: 'public_info_id', bill: 'id' })}
  FROM (SELECT id, public_info_id, ${gross} AS gross FROM billing.billing_p AS bill WHERE billing_date = ${billDate} OFFSET 0) AS bill`;

const lineTotal = `${sums('amount_minor', { bill: 'billing_id' })} FROM billing.billing_detail_p WHERE billing_date = ${billDate}`;

const skippedTotal = `
  ${sums('amount_minor', { member: 'usage.public_info_id' })}
  FROM weir.job_run AS run JOIN weir.job_skip AS skip ON skip.run_id = run.id
  JOIN billing.usage ON usage.public_info_id = skip.position::bigint AND usage.period = $1::date
  WHERE run.job = $2 AND run.key = $3 AND NOT EXISTS (
    SELECT FROM billing.billing_p AS bill WHERE bill.public_info_id = usage.public_info_id AND bill.billing_date = ${billDate}
  )`;

// Recorded skips count whether or not they were resolved: those that were have a bill.
const unbilled = `
  SELECT ${examples}
  FROM (SELECT DISTINCT public_info_id FROM billing.usage WHERE period = $1::date) AS used
  WHERE NOT EXISTS (
      SELECT FROM billing.billing_p AS bill WHERE bill.public_info_id = used.public_info_id AND bill.billing_date = ${billDate}
    )
    AND NOT EXISTS (
      SELECT FROM weir.job_skip AS skip JOIN weir.job_run AS run ON run.id = skip.run_id
      WHERE run.job = $2 AND run.key = $3 AND skip.position = used.public_info_id::text
    )`;

// The state is compared by the deletion, which looks again at a row that a dispatch has changed meanwhile.
const takeBack = `
  WITH used AS (
    SELECT public_info_id, count(*) AS lines, sum(amount_minor) AS minor FROM billing.usage WHERE period = $1::date GROUP BY public_info_id
  ), billed AS (
    SELECT billing_id, count(*) AS lines, sum(amount_minor) AS minor FROM billing.billing_detail_p
    WHERE billing_date = ${billDate} GROUP BY billing_id
  ), wrong AS MATERIALIZED (
    SELECT bill.id, bill.public_info_id
    FROM billing.billing_p AS bill LEFT JOIN used USING (public_info_id) LEFT JOIN billed ON billed.billing_id = bill.id
    WHERE bill.billing_date = ${billDate}
      AND (${gross}, used.lines, used.minor) IS DISTINCT FROM (billed.minor, billed.lines, billed.minor)
  ), taken AS (
    DELETE FROM billing.billing_p AS bill USING wrong
    WHERE bill.id = wrong.id AND bill.billing_date = ${billDate} AND bill.send_status = 'CREATED' RETURNING bill.id
  ), lines AS (
    DELETE FROM billing.billing_detail_p AS line USING taken WHERE line.billing_id = taken.id AND line.billing_date = ${billDate}
  )
  SELECT taken.id IS NOT NULL AS is_taken, ${examples} FROM wrong LEFT JOIN taken USING (id) GROUP BY is_taken`;
