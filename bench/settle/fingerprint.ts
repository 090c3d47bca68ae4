import type { Client } from 'pg';
import { usageFirst } from './months.ts';

/** The first part of a settlement's result, up to a member: how much there is of it, and hashes over everything but bill ids. */
export interface Fingerprint {
  readonly bills: number;
  readonly lines: number;
  /** Sums of a 64-bit hash of each row, which no order changes. */
  readonly billHash: string;
  readonly lineHash: string;
}

/** Reads what was settled for members 1 to `upTo`. */
export async function fingerprint(client: Client, upTo: number): Promise<Fingerprint> {
  const { rows } = await client.query<Fingerprint>(hashes, [usageFirst, upTo]);
  const [found] = rows;
  if (found === undefined) throw new Error('An aggregate answered no row.');
  return found;
}

const hashes = `
  SELECT * FROM (
    SELECT count(*)::int AS bills, sum(hashtextextended((to_jsonb(bill) - 'id')::text, 0))::text AS "billHash"
    FROM billing.billing_p AS bill WHERE billing_date = $1::date + interval '1 month' AND public_info_id <= $2
  ) AS bills
  CROSS JOIN (
    SELECT count(*)::int AS lines, sum(hashtextextended(ROW(bill.public_info_id, line.usage_id, line.billing_date, used_on, service,
      description, quantity, amount_minor)::text, 0))::text AS "lineHash"
    FROM billing.billing_p AS bill JOIN billing.billing_detail_p AS line ON line.billing_id = bill.id
    WHERE bill.billing_date = $1::date + interval '1 month' AND line.billing_date = bill.billing_date AND public_info_id <= $2
  ) AS lines`;
