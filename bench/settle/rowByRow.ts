import { Client, type QueryResultRow } from 'pg';
import { calculateBill } from '../../pipelines/billing/bill.ts';
import { writeDetails } from '../../pipelines/billing/billingDetails.ts';
import { usageFirst, usageMonth } from './months.ts';

/** Members of one transaction, as in the settlement that is measured. */
const chunkSize = 1_000;

/**
 * Settles members 1 to `upTo` as programs commonly do it: a chunk's members and usage read by two queries, the same discounts,
 * then one prepared statement for each bill and for each line, a transaction for each chunk, on two connections.
 */
export async function settleRowByRow(url: string, upTo: number): Promise<void> {
  const middle = Math.floor(upTo / 2);
  await Promise.all([settleMembers(url, 1, middle), settleMembers(url, middle + 1, upTo)]);
}

async function settleMembers(url: string, first: number, last: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (let from = first; from <= last; from += chunkSize) await settleChunk(client, from, Math.min(last, from + chunkSize - 1));
  } finally {
    await client.end();
  }
}

async function settleChunk(client: Client, from: number, to: number): Promise<void> {
  const members = await rowsOf<MemberRow>(client, selectMembers, from, to);
  const lines = Map.groupBy(await rowsOf<LineRow>(client, selectLines, from, to), (line) => line.public_info_id);
  await client.query('BEGIN');
  for (const member of members) {
    const own = lines.get(member.publicInfoId) ?? [];
    const bill = billOf(member, own);
    const values = [
      bill.publicInfoId,
      bill.billingDate,
      bill.publicInfoId,
      bill.sendOn,
      bill.usageId,
      bill.feeMinor,
      writeDetails(bill.details),
    ];
    await client.query({ name: 'bill', text: insertBill, values });
    for (const line of own) {
      const { id, used_on, service, description, quantity, amount_minor } = line;
      const columns = [bill.publicInfoId, id, bill.billingDate, used_on, service, description, quantity, amount_minor];
      await client.query({ name: 'line', text: insertLine, values: columns });
    }
  }
  await client.query('COMMIT');
}

function billOf({ publicInfoId, ...member }: MemberRow, lines: readonly LineRow[]): ReturnType<typeof calculateBill> {
  const amounts = lines.map((line) => BigInt(line.amount_minor));
  const usage = {
    publicInfoId: BigInt(publicInfoId),
    grossMinor: amounts.reduce((sum, amount) => sum + amount, 0n),
    lowestLineMinor: amounts.reduce((lowest, amount) => (amount < lowest ? amount : lowest)),
    usageId: lines.map(({ id }) => BigInt(id)).reduce((highest, id) => (id > highest ? id : highest)),
    lineCount: lines.length,
  };
  return calculateBill({ ...member, ...usage }, usageMonth);
}

async function rowsOf<R extends QueryResultRow>(client: Client, text: string, from: number, to: number): Promise<readonly R[]> {
  return (await client.query<R>(text, text === selectLines ? [from, to, usageFirst] : [from, to])).rows;
}

interface MemberRow {
  readonly publicInfoId: string;
  readonly birthDate: string | null;
  readonly joinedDate: string;
  readonly contractMonths: number;
  readonly addonGrade: number;
  readonly familyLines: number;
  readonly sendDay: number;
}

interface LineRow {
  readonly public_info_id: string;
  readonly id: string;
  readonly used_on: string;
  readonly service: string;
  readonly description: string;
  readonly quantity: string;
  readonly amount_minor: string;
}

const selectMembers = `
  SELECT public_info_id AS "publicInfoId", birth_date::text AS "birthDate", joined_date::text AS "joinedDate",
    contract_months AS "contractMonths", addon_grade AS "addonGrade", family_lines AS "familyLines", send_day AS "sendDay"
  FROM billing.member WHERE public_info_id BETWEEN $1 AND $2`;

const selectLines = `
  SELECT public_info_id, id, used_on::text AS used_on, service, description, quantity, amount_minor
  FROM billing.usage WHERE public_info_id BETWEEN $1 AND $2 AND period = $3`;

const insertBill = `
  INSERT INTO billing.billing_p (id, billing_date, public_info_id, send_on, usage_id, billing_fee, billing_details)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

const insertLine = `
  INSERT INTO billing.billing_detail_p (billing_id, usage_id, billing_date, used_on, service, description, quantity, amount_minor)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
