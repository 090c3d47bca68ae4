import type { Queryable } from '../../src/connectors/database.ts';

/** What the database says at the end of the demo. */
export interface Books {
  readonly bills: number;
  readonly skipped: number;
  /** Bills whose lines do not sum to their gross (fee and discounts). */
  readonly unbalanced: number;
  /** Members with usage that have neither a bill nor a skip. */
  readonly forgotten: number;
  readonly byStatus: ReadonlyMap<string, number>;
}

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

/** Bills by send status; SENDING without a holder is shown as parked. */
export async function billsByStatus(database: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ status: string; bills: bigint }>(`
    SELECT CASE WHEN park_reason IS NULL THEN send_status ELSE 'parked' END AS status, count(*) AS bills
    FROM billing.billing_p GROUP BY 1 ORDER BY 1`);
  return new Map(rows.map(({ status, bills }) => [status, Number(bills)]));
}
