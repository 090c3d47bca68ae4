import type { Queryable } from '../../../src/connectors/database.ts';
import type { MonthToBill } from './aMonth.ts';

/**
 * What is wrong with a settlement that has ended, recomputed from rows alone; empty when nothing is: everybody with usage has
 * exactly one bill or is put aside as expected, every bill is its lines, and the run says so.
 */
export async function settlementFlaws({ database, billing, unbillable }: MonthToBill): Promise<readonly string[]> {
  const rows = await database.query<{ flaw: string }>({ text: flaws, values: [`${billing}-01`] });
  const skips = await skippedBy(database);
  const wrongSkips = skips.join() === unbillable.join() ? [] : [`put aside: ${skips.join()} instead of ${unbillable.join()}`];
  return [...rows.map(({ flaw }) => flaw), ...wrongSkips];
}

async function skippedBy(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ position: string }>('SELECT position FROM weir.job_skip ORDER BY position');
  return rows.map(({ position }) => position);
}

const flaws = `
  WITH used AS (
    SELECT public_info_id FROM billing.usage WHERE period = $1::date - interval '1 month'
  ), bill AS (
    SELECT *, billing_fee + (billing_details ->> 'totalDiscount')::bigint AS gross FROM billing.billing_p WHERE billing_date = $1::date
  ), skip AS (
    SELECT position::bigint AS public_info_id FROM weir.job_skip
  ), line AS (
    SELECT billing_id, count(*) AS lines, sum(amount_minor) AS gross FROM billing.billing_detail_p GROUP BY billing_id
  ), used_sum AS (
    SELECT public_info_id, count(*) AS lines, sum(amount_minor) AS gross FROM billing.usage
    WHERE period = $1::date - interval '1 month' GROUP BY public_info_id
  )
  SELECT 'usage without a bill: member ' || public_info_id AS flaw
    FROM (SELECT public_info_id FROM used EXCEPT SELECT public_info_id FROM skip EXCEPT SELECT public_info_id FROM bill) AS missing
  UNION ALL
  SELECT 'bill from nowhere: member ' || public_info_id
    FROM (SELECT public_info_id FROM bill EXCEPT (SELECT public_info_id FROM used EXCEPT SELECT public_info_id FROM skip)) AS excess
  UNION ALL
  SELECT 'billed ' || count(*) || ' times: member ' || public_info_id FROM billing.billing_p GROUP BY public_info_id HAVING count(*) > 1
  UNION ALL
  SELECT 'lines of ' || coalesce(line.gross, 0) || ' under a bill of ' || bill.gross || ': ' || bill.id
    FROM bill LEFT JOIN line ON line.billing_id = bill.id WHERE line.gross IS DISTINCT FROM bill.gross
  UNION ALL
  SELECT 'lines are not the usage: bill ' || bill.id
    FROM bill JOIN used_sum USING (public_info_id) LEFT JOIN line ON line.billing_id = bill.id
    WHERE (line.lines, line.gross) IS DISTINCT FROM (used_sum.lines, used_sum.gross)
  UNION ALL
  SELECT 'lines without a bill: ' || billing_id FROM line WHERE billing_id NOT IN (SELECT id FROM bill)
  UNION ALL
  SELECT 'run is ' || status || ' with ' || skipped || ' skips of ' || (SELECT count(*) FROM skip)
    FROM weir.job_run WHERE job = 'billing.settle' AND (status <> 'COMPLETED' OR skipped <> (SELECT count(*) FROM skip))
  UNION ALL
  SELECT 'counted ' || sum(rows_written) || ' written and ' || sum(rows_skipped) || ' put aside'
    FROM weir.job_partition JOIN weir.job_run ON job_run.id = run_id WHERE job = 'billing.settle'
    HAVING sum(rows_written) <> (SELECT count(*) FROM bill) OR sum(rows_skipped) <> (SELECT count(*) FROM skip)`;
