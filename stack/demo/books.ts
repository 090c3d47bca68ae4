import type { Queryable } from '../../src/connectors/database.ts';

/** What the database says at the end of the demo. */
export interface Books {
  readonly bills: number;
  readonly skipped: number;
  /** Bills whose lines do not sum to their gross (fee and discounts). */
  readonly unbalanced: number;
  /** Members with usage that have neither a bill nor a skip. */
  readonly forgotten: number;
  readonly byStatus: BillsByStatus;
}

/** Bills by send status; SENDING without a holder is `parked`, and what is due again at its time `waiting`. */
export type BillsByStatus = ReadonlyMap<string, number>;

/** Recomputes the sums from rows alone. */
export async function readBooks(database: Queryable): Promise<Books> {
  const [sums] = await database.query<{ bills: bigint; skipped: bigint; unbalanced: bigint; forgotten: bigint }>(`
    SELECT (SELECT count(*) FROM billing.billing_p) AS bills,
      (SELECT count(*) FROM weir.job_skip WHERE resolved_at IS NULL) AS skipped,
      (SELECT count(*) FROM billing.billing_p bill
        LEFT JOIN (SELECT billing_id, sum(amount_minor) AS gross FROM billing.billing_detail_p GROUP BY 1) line ON line.billing_id = bill.id
        WHERE line.gross IS DISTINCT FROM bill.billing_fee + (bill.billing_details ->> 'totalDiscount')::bigint) AS unbalanced,
      (SELECT count(*) FROM (
        SELECT public_info_id::text FROM billing.usage
        EXCEPT SELECT public_info_id::text FROM billing.billing_p
        EXCEPT SELECT position FROM weir.job_skip) AS missing) AS forgotten`);
  return {
    bills: Number(sums?.bills),
    skipped: Number(sums?.skipped),
    unbalanced: Number(sums?.unbalanced),
    forgotten: Number(sums?.forgotten),
    byStatus: await billsByStatus(database),
  };
}

export async function billsByStatus(database: Queryable): Promise<BillsByStatus> {
  const rows = await database.query<{ status: string; bills: bigint }>(`
    SELECT CASE WHEN park_reason IS NOT NULL THEN 'parked' WHEN next_attempt_at IS NOT NULL THEN 'waiting' ELSE send_status END AS status,
      count(*) AS bills
    FROM billing.billing_p GROUP BY 1 ORDER BY 1`);
  return new Map(rows.map(({ status, bills }) => [status, Number(bills)]));
}

/** Which part of the rows of a settlement is written, from 0 to 1. */
export async function settledPart(database: Queryable): Promise<number> {
  const [row] = await database.query<{ part: number }>(`
    SELECT coalesce(sum(rows_written)::float8 / nullif(sum(total), 0), 0) AS part
    FROM weir.job_partition JOIN weir.job_run ON job_run.id = run_id WHERE job = 'billing.settle'`);
  return row?.part ?? 0;
}

/** Which part of the bills that may be mailed now has been, from 0 to 1: of those that are due by a day and wait for no hour. */
export async function mailedPart(database: Queryable, day: string): Promise<number> {
  const [row] = await database.query<{ part: number }>({
    text: `
      SELECT coalesce((count(*) FILTER (WHERE send_status = 'COMPLETED'))::float8 / nullif(count(*), 0), 1) AS part
      FROM billing.billing_p WHERE send_on <= $1::date AND next_attempt_at IS NULL AND send_status <> 'FAILED'`,
    values: [day],
  });
  return row?.part ?? 1;
}

/** A member whose mail server has refused the bill. */
export async function refusedMember(database: Queryable): Promise<string | undefined> {
  const [row] = await database.query<{ member: bigint }>(
    `SELECT public_info_id AS member FROM billing.billing_p WHERE send_status = 'FAILED' ORDER BY 1 LIMIT 1`,
  );
  return row?.member.toString();
}
