import type { Client } from 'pg';
import { usageFirst } from './months.ts';

/**
 * Fills an empty, migrated database with members 1 to `members` and five lines of usage for each, the same ones every time. All
 * discounts occur, also cut to what remains: one member in sixteen uses next to nothing.
 */
export async function fillMonth(client: Client, members: number): Promise<void> {
  await client.query(
    `SELECT billing.provide_month(month::date) FROM generate_series($1::date, $1::date + interval '3 months', '1 month') AS month`,
    [usageFirst],
  );
  await client.query(fillMembers, [members]);
  await client.query(fillUsage, [usageFirst, members]);
  await client.query('VACUUM ANALYZE billing.member, billing.usage');
}

// dice: 32 bits that look random, for each member other ones. Ciphertexts are of no concern here: settlement does not read them.
const fillMembers = `
  INSERT INTO billing.member (public_info_id, name, email, phone, email_index, email_domain, birth_date, joined_date,
    contract_months, addon_grade, family_lines, send_day)
  SELECT member, 'ciphertext', 'ciphertext', 'ciphertext', 'index ' || member, 'example.com',
    CASE WHEN dice & 31 > 0 THEN date '1945-01-01' + (dice >> 3) % 22000 END,
    date '2009-01-01' + (dice >> 5) % 5500,
    (ARRAY[0, 12, 24, 36])[1 + (dice >> 7) % 4], (dice >> 11) % 4, 1 + (dice >> 13) % 7, (ARRAY[15, 21])[1 + (dice >> 17) % 2]
  FROM generate_series(1, $1::bigint) AS member
  CROSS JOIN LATERAL (SELECT hashint8extended(member, 0) & 4294967295 AS bits) AS drawn
  CROSS JOIN LATERAL (SELECT (bits % 2147483647)::int AS dice) AS thrown`;

const fillUsage = `
  INSERT INTO billing.usage (period, id, public_info_id, used_on, service, description, quantity, amount_minor)
  SELECT $1::date, member * 8 + line, member, $1::date + dice % 31,
    (ARRAY['VOICE', 'DATA', 'MESSAGE', 'ROAMING', 'CONTENT'])[line], 'usage of line ' || line, 1 + dice % 500,
    CASE WHEN member % 16 = 0 THEN dice % 900 ELSE 500 + dice % 30000 END
  FROM generate_series(1, $2::bigint) AS member
  CROSS JOIN generate_series(1, 5) AS line
  CROSS JOIN LATERAL (SELECT ((hashint8extended(member, line) & 4294967295) % 2147483647)::int AS dice) AS thrown`;
