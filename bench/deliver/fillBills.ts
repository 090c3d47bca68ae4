import type { Client } from 'pg';
import type { DispatchedBill } from '../../pipelines/billing/dispatchedBill.ts';
import { memberStore } from '../../pipelines/billing/memberStore.ts';
import type { Database } from '../../src/connectors/database.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';

/** First day of the billing month. */
export const billingDate = '2024-04-01';

/** The day from which all of them may be mailed. */
export const dueDay = '2024-04-15';

const linesPerBill = 5;
const destinations = 50;
const chunk = 5_000;

/** Fills an empty, migrated database with members 1 to `size`, personal data encrypted, and a bill of five lines and two discounts for each. */
export async function fillBills(
  database: Database,
  client: Client,
  keyRing: KeyRing,
  size: number,
  status: 'CREATED' | 'SEND_PENDING' = 'SEND_PENDING',
): Promise<void> {
  const members = memberStore(database, keyRing);
  for (let first = 1; first <= size; first += chunk) {
    const count = Math.min(chunk, size - first + 1);
    await members.insertMembers(Array.from({ length: count }, (_, index) => memberOf(first + index)));
  }
  await client.query('SELECT billing.provide_month($1::date)', [billingDate]);
  await client.query(fillLines, [billingDate, size, linesPerBill]);
  await client.query('CREATE TABLE bench_bill AS SELECT * FROM billing.billing_p LIMIT 0');
  await client.query(fillBillsText, [billingDate, size, status]);
  await client.query('VACUUM ANALYZE billing.member, billing.billing_detail_p, bench_bill');
}

/** Brings all bills back to where they wait for their mail. */
export async function resetBills(client: Client): Promise<void> {
  await client.query('TRUNCATE billing.billing_p, billing.send_attempt, billing.email_fail_log');
  await client.query('INSERT INTO billing.billing_p SELECT * FROM bench_bill');
  await client.query('VACUUM ANALYZE billing.billing_p');
  await client.query('CHECKPOINT');
}

/** Fails unless every bill is COMPLETED and, where it is asked, its attempt is on record. */
export async function requireCompleted(client: Client, size: number): Promise<void> {
  const { rows } = await client.query<{ completed: number }>(
    `SELECT count(*)::int AS completed FROM billing.billing_p WHERE send_status = 'COMPLETED'`,
  );
  if (rows[0]?.completed !== size) throw new Error(`Of ${size} bills ${rows[0]?.completed} are COMPLETED.`);
}

/** What the topic carries of the bill of a member. */
export function billOf(member: number): DispatchedBill {
  const quietHours = { start: '22:00', end: '22:00', zone: 'Asia/Seoul' };
  const destination = `mail${member % destinations}.example`;
  return { billId: BigInt(member + 1_000_000), billingDate, publicInfoId: BigInt(member), destination, quietHours };
}

function memberOf(number: number): Parameters<ReturnType<typeof memberStore>['insertMembers']>[0][number] {
  return {
    publicInfoId: BigInt(number),
    name: `김서연 ${number}`,
    email: `member${number}@mail${number % destinations}.example`,
    phone: '010-1234-5678',
    birthDate: '1980-05-17',
    joinedDate: '2019-03-01',
    contractMonths: 24,
    addonGrade: 1,
    familyLines: 2,
    sendDay: 15,
    quietHours: { start: '22:00', end: '22:00', zone: 'Asia/Seoul' },
  };
}

const fillLines = `
  INSERT INTO billing.billing_detail_p (billing_id, usage_id, billing_date, used_on, service, description, quantity, amount_minor)
  SELECT bill + 1000000, bill * 8 + line, $1::date, $1::date - 10, 'DATA', '데이터 통화 ' || line, 3, 9900
  FROM generate_series(1, $2::bigint) AS bill CROSS JOIN generate_series(1, $3::int) AS line`;

const fillBillsText = `
  INSERT INTO bench_bill (id, billing_date, public_info_id, send_on, usage_id, billing_fee, status, send_status, billing_details,
    pending_since, quiet_override, attempts)
  SELECT bill + 1000000, $1::date, bill, $1::date + 14, bill * 8 + 5, 46500, 'UNPAID', $3,
    '{"discounts":[{"type":"ADDON_GRADE","amount":1000,"description":"부가서비스 1등급 할인"},{"type":"FAMILY","amount":2000,"description":"가족 결합 할인"}],"totalDiscount":3000,"finalAmount":46500}',
    CASE $3 WHEN 'SEND_PENDING' THEN now() END, false, 0
  FROM generate_series(1, $2::bigint) AS bill`;
