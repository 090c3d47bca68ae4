import { createTransport } from 'nodemailer';
import { Pool } from 'pg';
import { composeBillMail } from '../../pipelines/billing/billMail.ts';
import { readDetails } from '../../pipelines/billing/billingDetails.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { billingDate } from './fillBills.ts';

/** As many as nodemailer's pool opens unless it is told otherwise. */
const atOnce = 5;
const pageSize = 1_000;

/**
 * Mails bills 1 to `upTo` as programs commonly do it: pages read with everything that the mail needs, the same template,
 * nodemailer's pool as it comes, and an update of the bill after each mail. No queue, no claim, no attempt on record.
 */
export async function mailPlainly(databaseUrl: string, smtpPort: number, keyRing: KeyRing, upTo: number): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: atOnce });
  const transport = createTransport({ pool: true, host: '127.0.0.1', port: smtpPort });
  const rows = nextRows(pool, upTo);
  const work = async (): Promise<void> => {
    for (let { value } = await rows.next(); value !== undefined; { value } = await rows.next())
      await mailOne(pool, transport, keyRing, value);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    transport.close();
    await pool.end();
  }
}

async function* nextRows(pool: Pool, upTo: number): AsyncGenerator<Row, undefined> {
  let after = '0';
  for (;;) {
    const { rows } = await pool.query<Row>({ name: 'page', text: page, values: [after, pageSize, upTo] });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    after = last.id;
  }
}

async function mailOne(pool: Pool, transport: ReturnType<typeof createTransport>, keyRing: KeyRing, row: Row): Promise<void> {
  const owner = row.public_info_id;
  const recipient = { name: decryptField(keyRing, owner, 'name', row.name), address: decryptField(keyRing, owner, 'email', row.email) };
  const lines = row.lines.map(({ label, amount }) => ({ label, amountMinor: BigInt(amount) }));
  const content = { billId: BigInt(row.id), billingDate, recipient, details: readDetails(row.details), lines };
  const { from, to, subject, html, text, messageId } = composeBillMail(content, { address: 'billing@weir.example', name: 'Weir Telecom' });
  await transport.sendMail({ from, to, subject, html, text, messageId });
  await pool.query({ name: 'complete', text: complete, values: [row.id] });
}

interface Row {
  readonly id: string;
  readonly public_info_id: string;
  readonly name: string;
  readonly email: string;
  readonly details: unknown;
  readonly lines: readonly { readonly label: string; readonly amount: string }[];
}

const page = `
  SELECT bill.id, public_info_id, name, email, billing_details AS details,
    (SELECT jsonb_agg(jsonb_build_object('label', description, 'amount', amount_minor::text) ORDER BY usage_id)
      FROM billing.billing_detail_p WHERE billing_id = bill.id AND billing_date = bill.billing_date) AS lines
  FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
  WHERE bill.id > $1 AND public_info_id <= $3 AND send_status = 'SEND_PENDING' AND billing_date = '${billingDate}' ORDER BY bill.id LIMIT $2`;

const complete = `
  UPDATE billing.billing_p SET send_status = 'COMPLETED', sent_channel = 'EMAIL' WHERE id = $1 AND billing_date = '${billingDate}'`;
