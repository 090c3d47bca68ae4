import { Client } from 'pg';
import { usageFirst } from './months.ts';

/**
 * Settles the month by PostgreSQL alone, on two connections, each with two statements in one transaction. There are no chunks, no
 * checkpoints, no skips and no look at the result, and a failure at the end begins anew: what a settlement can reach at most.
 * Bills and lines go into the same tables, under the same constraints and into the same indexes.
 */
export async function settleInSql(url: string): Promise<void> {
  await Promise.all([settleBuckets(url, [0, 1]), settleBuckets(url, [2, 3])]);
}

async function settleBuckets(url: string, buckets: readonly number[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    // The planner knows nothing of bills written a moment ago, and takes them for a few.
    await client.query("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'");
    await client.query(insertBills, [usageFirst, buckets]);
    await client.query(insertLines, [usageFirst, buckets]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

// The rules of the discounts, written down a second time. OFFSET 0 keeps the planner from merging the steps, which would reckon
// each of them again wherever its result is used: 6.9 s instead of 1.4 s for 100,000 bills. Ids count within the first bucket.
const insertBills = `
  WITH subject AS (
    SELECT member.public_info_id, birth_date, contract_months, addon_grade, family_lines, send_day,
      sum(amount_minor)::bigint AS gross, max(usage.id) AS usage_id,
      CASE contract_months WHEN 12 THEN 10 WHEN 24 THEN 15 WHEN 36 THEN 20 ELSE 0 END AS contract_percent,
      CASE WHEN joined_date + interval '10 years' <= $1::date THEN 10
        WHEN joined_date + interval '5 years' <= $1::date THEN 5
        WHEN joined_date + interval '2 years' <= $1::date THEN 2 ELSE 0 END AS loyal_years
    FROM billing.member JOIN billing.usage USING (public_info_id)
    WHERE bucket = ANY ($2::int[]) AND period = $1::date
    GROUP BY member.public_info_id
    OFFSET 0
  ), after_contract AS (
    SELECT *, gross * contract_percent / 100 AS contract FROM subject OFFSET 0
  ), after_birthday AS (
    SELECT *, least(CASE WHEN date_part('month', birth_date) = date_part('month', $1::date) THEN 5000 ELSE 0 END, gross - contract) AS birthday
    FROM after_contract OFFSET 0
  ), after_addon AS (
    SELECT *, least(CASE addon_grade WHEN 1 THEN 1000 WHEN 2 THEN 3000 WHEN 3 THEN 5000 ELSE 0 END, gross - contract - birthday) AS addon,
      CASE loyal_years WHEN 10 THEN 5 WHEN 5 THEN 3 WHEN 2 THEN 1 ELSE 0 END AS loyalty_percent
    FROM after_birthday OFFSET 0
  ), after_loyalty AS (
    SELECT *, (gross - contract - birthday - addon) * loyalty_percent / 100 AS loyalty FROM after_addon OFFSET 0
  ), after_family AS (
    SELECT *, least(2000 * least(family_lines - 1, 4), gross - contract - birthday - addon - loyalty) AS family
    FROM after_loyalty OFFSET 0
  ), bill AS (
    SELECT *, contract + birthday + addon + loyalty + family AS total FROM after_family OFFSET 0
  )
  INSERT INTO billing.billing_p (id, billing_date, public_info_id, send_on, usage_id, billing_fee, billing_details)
  SELECT ($2::int[])[1]::bigint << 40 | row_number() OVER (ORDER BY public_info_id), $1::date + interval '1 month', public_info_id,
    ($1::date + interval '1 month')::date + (send_day - 1), usage_id, gross - total,
    ('{"discounts":[' || concat_ws(',',
      CASE WHEN contract > 0 THEN
        '{"type":"CONTRACT","amount":' || contract || ',"description":"' || contract_months || '개월 약정 할인 ' || contract_percent || '%"}'
      END,
      CASE WHEN birthday > 0 THEN '{"type":"BIRTHDAY","amount":' || birthday || ',"description":"생일 축하 할인"}' END,
      CASE WHEN addon > 0 THEN '{"type":"ADDON_GRADE","amount":' || addon || ',"description":"부가서비스 ' || addon_grade || '등급 할인"}' END,
      CASE WHEN loyalty > 0 THEN
        '{"type":"LOYALTY","amount":' || loyalty || ',"description":"' || loyal_years || '년 이상 장기 고객 할인 ' || loyalty_percent || '%"}'
      END,
      CASE WHEN family > 0 THEN '{"type":"FAMILY","amount":' || family || ',"description":"가족 결합 할인 (' || family_lines || '회선)"}' END
    ) || '],"totalDiscount":' || total || ',"finalAmount":' || gross - total || '}')::jsonb
  FROM bill`;

const insertLines = `
  INSERT INTO billing.billing_detail_p (billing_id, usage_id, billing_date, used_on, service, description, quantity, amount_minor)
  SELECT bill.id, usage.id, bill.billing_date, used_on, service, description, quantity, amount_minor
  FROM billing.billing_p AS bill JOIN billing.usage USING (public_info_id)
  WHERE bill.billing_date = $1::date + interval '1 month' AND bill.id >> 40 = ($2::int[])[1] AND usage.period = $1::date`;
