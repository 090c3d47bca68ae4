import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { Channel, OperatedBill } from './operatedBill.ts';
import type { SendState } from './sendStatus.ts';

/** Which bill of a member; without a month the latest. */
export interface BillOfMember {
  readonly publicInfoId: bigint;
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string | undefined;
}

/** Locks a member's bill until the transaction ends. `notFound` where there is none. */
export async function lockBillOf(transaction: Transaction, { publicInfoId, billingDate }: BillOfMember): Promise<OperatedBill> {
  const [row] = await transaction.query<OperatedRow>({ text: lockOfMember, values: [publicInfoId, billingDate ?? null] });
  if (row !== undefined) return readOperated(row);
  const which = billingDate === undefined ? 'no bill' : `no bill of ${billingDate.slice(0, 7)}`;
  throw new WeirError('notFound', `Member ${publicInfoId} has ${which}.`);
}

/** Locks bills in the order of their ids until the transaction ends. Those that are not there are left out. */
export async function lockBills(transaction: Transaction, billIds: readonly bigint[]): Promise<readonly OperatedBill[]> {
  return (await transaction.query<OperatedRow>({ text: lockByIds, values: [billIds] })).map(readOperated);
}

/** Locks the parked bills of a billing month, or of all, at most so many. */
export async function lockParked(
  transaction: Transaction,
  { billingDate, limit }: { readonly billingDate: string | undefined; readonly limit: number },
): Promise<readonly OperatedBill[]> {
  return (await transaction.query<OperatedRow>({ text: lockAllParked, values: [billingDate ?? null, limit] })).map(readOperated);
}

/** How many bills of a billing month, or of all, are parked. */
export async function countParked(
  transaction: Transaction,
  { billingDate }: { readonly billingDate: string | undefined },
): Promise<number> {
  const [row] = await transaction.query<{ bills: number }>({ text: countAllParked, values: [billingDate ?? null] });
  return row?.bills ?? 0;
}

interface OperatedRow {
  readonly id: bigint;
  readonly billing_date: string;
  readonly public_info_id: bigint;
  readonly state: SendState;
  readonly is_live: boolean;
  readonly is_unsettled: boolean;
  readonly token: bigint | null;
  readonly channel: Channel | null;
}

function readOperated(row: OperatedRow): OperatedBill {
  return {
    billId: row.id,
    billingDate: row.billing_date,
    publicInfoId: row.public_info_id,
    state: row.state,
    isLive: row.is_live,
    isUnsettled: row.is_unsettled,
    token: row.token ?? undefined,
    channel: row.channel ?? undefined,
  };
}

const columns = `bill.id, bill.billing_date::date AS billing_date, bill.public_info_id, bill.send_token AS token, attempt.channel,
    CASE WHEN bill.park_reason IS NULL THEN bill.send_status ELSE 'PARKED' END AS state,
    coalesce(bill.lease_until > clock_timestamp(), false) AS is_live,
    EXISTS (
      SELECT FROM weir.job_run
      WHERE job = 'billing.settle' AND key = to_char(bill.billing_date, 'YYYY-MM') AND status <> 'COMPLETED'
    ) AS is_unsettled`;

const joined = `billing.billing_p AS bill LEFT JOIN billing.send_attempt AS attempt ON attempt.id = bill.send_token`;

const lockOfMember = `
  SELECT ${columns} FROM ${joined}
  WHERE bill.public_info_id = $1 AND bill.billing_date = coalesce(
    $2::timestamp, (SELECT max(billing_date) FROM billing.billing_p WHERE public_info_id = $1))
  FOR UPDATE OF bill`;

const lockByIds = `SELECT ${columns} FROM ${joined} WHERE bill.id = ANY ($1::bigint[]) ORDER BY bill.id FOR UPDATE OF bill`;

/** Condition on `bill`: it is parked, and of the billing month `$1`, or of any. */
export const parkedOfMonth = `bill.send_status = 'SENDING' AND bill.park_reason IS NOT NULL AND bill.billing_date = coalesce($1::timestamp, bill.billing_date)`;

const lockAllParked = `SELECT ${columns} FROM ${joined} WHERE ${parkedOfMonth} ORDER BY bill.id LIMIT $2 FOR UPDATE OF bill`;

const countAllParked = `SELECT count(*)::int AS bills FROM billing.billing_p AS bill WHERE ${parkedOfMonth}`;
