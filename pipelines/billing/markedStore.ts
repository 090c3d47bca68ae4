import type { Database } from '../../src/connectors/database.ts';
import { billColumns, readBills, type BillRow } from './dispatchStore.ts';
import type { MarkedBills } from './publishSoon.ts';

/** Reads which bills of a member an operator has marked, and nobody has taken yet. */
export function markedStore(database: Database, now: () => Date): (publicInfoId: bigint) => Promise<MarkedBills> {
  return async (publicInfoId) => {
    const due = await database.query<BillRow>({ text: forced, values: [publicInfoId, now()] });
    const requests = await database.query<RequestRow>({ text: requestedTexts, values: [publicInfoId, now()] });
    return {
      bills: readBills(due),
      requests: requests.map((row) => ({ billId: row.id, billingDate: row.billing_date, publicInfoId, token: row.send_token })),
    };
  };
}

interface RequestRow {
  readonly id: bigint;
  readonly billing_date: string;
  readonly send_token: bigint;
}

const forced = `
  SELECT ${billColumns} FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
  WHERE bill.public_info_id = $1 AND bill.send_status = 'SEND_PENDING' AND bill.quiet_override AND bill.next_attempt_at <= $2`;

const requestedTexts = `
  SELECT id, billing_date::date AS billing_date, send_token FROM billing.billing_p
  WHERE public_info_id = $1 AND send_status = 'SENDING' AND text_not_before <= $2`;
