import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { OperatedCall, OperatedFailure, OperatedRequest } from './operatedRequest.ts';

/**
 * Locks a request with its calls and its failures that have no end: calls first and then the request, as whoever records or books them
 * does. `notFound` where there is none; `conflict` where somebody makes a call of it at the same moment.
 */
export async function lockOperatedRequest(transaction: Transaction, requestId: bigint): Promise<OperatedRequest> {
  const calls = await transaction.query<CallRow>({ text: lockCalls, values: [requestId] });
  const [request] = await transaction.query<Pick<OperatedRequest, 'state'>>({ text: lockRequest, values: [requestId] });
  if (request === undefined) throw new WeirError('notFound', `There is no remittance ${requestId}.`);
  const [counted] = await transaction.query<{ readonly calls: number }>({ text: countCalls, values: [requestId] });
  if (counted?.calls !== calls.length) throw new WeirError('conflict', `Remittance ${requestId} goes on just now: look at it again.`);
  const failures = await transaction.query<OperatedFailure>({ text: openFailures, values: [requestId] });
  return { requestId, state: request.state, calls: calls.map(callOf), failures };
}

type CallRow = Pick<OperatedCall, 'kind' | 'seq' | 'status'> & { readonly id: bigint; readonly is_booked: boolean };

function callOf({ id, is_booked, ...call }: CallRow): OperatedCall {
  return { ...call, callId: id, isBooked: is_booked };
}

const lockCalls = `
  SELECT id, kind, seq, status, booked_at IS NOT NULL AS is_booked
  FROM remittance.bank_call WHERE request_id = $1 ORDER BY id FOR NO KEY UPDATE`;

const lockRequest = 'SELECT state FROM remittance.biz_remittance_requests WHERE id = $1 FOR NO KEY UPDATE';

const countCalls = 'SELECT count(*)::int AS calls FROM remittance.bank_call WHERE request_id = $1';

const openFailures = `
  SELECT 'deposit' AS step, request_id AS id, code, error FROM remittance.kcd_bank_account_deposit_failures
  WHERE request_id = $1 AND ended_at IS NULL
  UNION ALL SELECT 'withdrawal', request_id, code, error FROM remittance.kcd_bank_account_withdrawal_failures
  WHERE request_id = $1 AND ended_at IS NULL
  UNION ALL SELECT 'call', call_id, code, error FROM remittance.biz_remittance_request_failures
  WHERE request_id = $1 AND ended_at IS NULL ORDER BY step, id`;
