import type { Queryable } from '../../src/connectors/database.ts';
import type { CallKind, CallStatus } from './bankCall.ts';
import { contradictedOf } from './contradictionStore.ts';
import { lockRequests } from './moveStore.ts';
import type { SettleableCall, SettleableRequest } from './settlement.ts';

/** A call and its request under their locks. */
export interface EndedCall {
  readonly call: SettleableCall;
  readonly request: SettleableRequest;
}

/** What was asked for, under locks. */
export interface EndedCalls {
  /** Those that there are. */
  readonly ids: ReadonlySet<bigint>;
  /** One of each request, the oldest: what it does to the request counts for the next. */
  readonly turns: readonly EndedCall[];
}

/** Locks calls in the order of their ids, then their requests in that of theirs. */
export async function lockEndedCalls(transaction: Queryable, callIds: readonly bigint[]): Promise<EndedCalls> {
  const rows = await transaction.query<CallRow>({ text: lockCalls, values: [callIds], name: 'remittance.lockEndedCalls' });
  const first = [...Map.groupBy(rows, ({ request_id }) => request_id).values()].flatMap((calls) => calls.slice(0, 1));
  const requests = await lockRequests(
    transaction,
    first.map(({ request_id }) => request_id),
  );
  const suspended = await suspendedOf(transaction, first);
  const contradicted = await contradictedOf(transaction, [...requests.keys()]);
  const turns = first.flatMap((row): readonly EndedCall[] => {
    const locked = requests.get(row.request_id);
    if (locked === undefined) return [];
    const standing = { isSuspended: suspended.has(row.request_id), isContradicted: contradicted.has(row.request_id) };
    return [{ call: callOf(row), request: { ...locked, ...standing } }];
  });
  return { ids: new Set(rows.map(({ id }) => id)), turns };
}

/** These are in the ledger, or have nothing to do there. */
export async function markBooked(transaction: Queryable, callIds: readonly bigint[], at: Date): Promise<void> {
  if (callIds.length === 0) return;
  await transaction.execute({ text: markThem, values: [callIds, at], name: 'remittance.markBooked' });
}

/** Behind the locks of their requests; only what is sent back can have been put aside. */
async function suspendedOf(transaction: Queryable, rows: readonly CallRow[]): Promise<ReadonlySet<bigint>> {
  const returns = rows.filter(({ kind }) => kind === 'RETURN').map(({ request_id }) => request_id);
  if (returns.length === 0) return new Set();
  const asked = { text: whichSuspended, values: [returns], name: 'remittance.whichSuspended' };
  return new Set((await transaction.query<Pick<CallRow, 'request_id'>>(asked)).map(({ request_id }) => request_id));
}

interface CallRow {
  readonly id: bigint;
  readonly request_id: bigint;
  readonly kind: CallKind;
  readonly status: CallStatus;
  readonly reason: string | null;
  readonly is_booked: boolean;
}

function callOf({ id, request_id, kind, status, reason, is_booked }: CallRow): SettleableCall {
  return { callId: id, requestId: request_id, kind, status, reason, isBooked: is_booked };
}

const lockCalls = `
  SELECT id, request_id, kind, status, reason, booked_at IS NOT NULL AS is_booked FROM remittance.bank_call
  WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`;

const whichSuspended = `
  SELECT request_id FROM remittance.kcd_bank_account_records WHERE request_id = ANY ($1::bigint[]) AND kind = 'SUSPENDED'`;

const markThem = 'UPDATE remittance.bank_call SET booked_at = $2 WHERE id = ANY ($1::bigint[]) AND booked_at IS NULL';
