import type { Queryable } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { isOpenRequest } from './isOpenRequest.ts';
import type { RequestState } from './requestState.ts';

/** A request under its lock. */
export interface LockedRequest {
  readonly requestId: bigint;
  readonly state: RequestState;
  readonly fromAccountId: bigint;
  readonly toAccountId: bigint;
  readonly amountMinor: bigint;
}

/** A request that goes on from the state in which it stands. */
export interface Move {
  readonly requestId: bigint;
  readonly from: RequestState;
  /** What it enters, in their order, one at least. */
  readonly states: readonly RequestState[];
  /** Of a bank that has refused; null: as before. */
  readonly failCode: string | null;
}

/** Locks requests in the order of their ids; those that there are, by id. */
export async function lockRequests(transaction: Queryable, requestIds: readonly bigint[]): Promise<ReadonlyMap<bigint, LockedRequest>> {
  const rows = await transaction.query<RequestRow>({ text: lockThem, values: [requestIds], name: 'remittance.lockRequests' });
  return new Map(
    rows.map(({ id, state, from_account_id, to_account_id, amount_minor }) => [
      id,
      { requestId: id, state, fromAccountId: from_account_id, toAccountId: to_account_id, amountMinor: amount_minor },
    ]),
  );
}

/** Moves requests on, with a record of every state that they enter; a request that has its end is not parked any more. */
export async function moveRequests(transaction: Queryable, moves: readonly Move[], at: Date): Promise<void> {
  if (moves.length === 0) return;
  const entered = moves.flatMap(({ requestId, states }) => states.map((state) => ({ requestId, state })));
  const values = [
    moves.map(({ requestId }) => requestId),
    moves.map(({ from }) => from),
    moves.map(({ states }) => states.at(-1)),
    moves.map(({ failCode }) => failCode),
    at,
  ];
  const moved = await transaction.execute({ text: moveThem, values, name: 'remittance.moveRequestsOn' });
  if (moved !== moves.length) throw new WeirError('defect', `${moves.length - moved} requests were moved on without their lock.`);
  const records = [entered.map(({ requestId }) => requestId), entered.map(({ state }) => state), at];
  await transaction.execute({ text: recordStates, values: records, name: 'remittance.recordStates' });
}

interface RequestRow {
  readonly id: bigint;
  readonly state: RequestState;
  readonly from_account_id: bigint;
  readonly to_account_id: bigint;
  readonly amount_minor: bigint;
}

const lockThem = `
  SELECT id, state, from_account_id, to_account_id, amount_minor FROM remittance.biz_remittance_requests
  WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`;

const moveThem = `
  UPDATE remittance.biz_remittance_requests AS request
  SET state = move.state, state_since = $5, fail_code = coalesce(move.fail_code, request.fail_code),
    park_reason = CASE WHEN ${isOpenRequest('move.state')} THEN request.park_reason END
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS move (id, from_state, state, fail_code)
  WHERE request.id = move.id AND request.state = move.from_state`;

const recordStates = `
  INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at)
  SELECT *, $3::timestamptz FROM unnest($1::bigint[], $2::text[])`;
