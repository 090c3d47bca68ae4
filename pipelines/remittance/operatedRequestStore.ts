import type { Queryable, Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { OperatedCall, OperatedFailure, OperatedRecord, OperatedRequest } from './operatedRequest.ts';

/**
 * Locks a request with its calls and its failures that have no end: calls first and then the request, as whoever records or books them
 * does. `notFound` where there is none; `conflict` where somebody makes a call of it at the same moment.
 */
export async function lockOperatedRequest(transaction: Transaction, requestId: bigint): Promise<OperatedRequest> {
  const calls = await transaction.query<CallRow>({ text: `${readCalls} ${lock}`, values: [requestId] });
  const [request] = await transaction.query<RequestRow>({ text: `${readRequest} ${lock}`, values: [requestId] });
  if (request === undefined) throw new WeirError('notFound', `There is no remittance ${requestId}.`);
  const [counted] = await transaction.query<{ readonly calls: number }>({ text: countCalls, values: [requestId] });
  if (counted?.calls !== calls.length) throw new WeirError('conflict', `Remittance ${requestId} goes on just now: look at it again.`);
  return operated(transaction, requestId, request, calls);
}

/** The same without locks, to be looked at: what is read may be passed by the next moment. Undefined where there is none. */
export async function readOperatedRequest(queryable: Queryable, requestId: bigint): Promise<OperatedRequest | undefined> {
  const [request] = await queryable.query<RequestRow>({ text: readRequest, values: [requestId] });
  if (request === undefined) return undefined;
  return operated(queryable, requestId, request, await queryable.query<CallRow>({ text: readCalls, values: [requestId] }));
}

async function operated(queryable: Queryable, requestId: bigint, request: RequestRow, calls: readonly CallRow[]): Promise<OperatedRequest> {
  const records = await queryable.query<OperatedRecord>({ text: readRecords, values: [requestId] });
  const failures = await queryable.query<OperatedFailure>({ text: openFailures, values: [requestId] });
  return { requestId, ...request, records, calls: calls.map(callOf), failures };
}

type RequestRow = Pick<OperatedRequest, 'state' | 'amountMinor'>;

type CallRow = Pick<OperatedCall, 'kind' | 'seq' | 'status'> & { readonly id: bigint; readonly is_booked: boolean };

function callOf({ id, is_booked, ...call }: CallRow): OperatedCall {
  return { ...call, callId: id, isBooked: is_booked };
}

const lock = 'FOR NO KEY UPDATE';

const readCalls = `
  SELECT id, kind, seq, status, booked_at IS NOT NULL AS is_booked
  FROM remittance.bank_call WHERE request_id = $1 ORDER BY id`;

const readRequest = 'SELECT state, amount_minor AS "amountMinor" FROM remittance.biz_remittance_requests WHERE id = $1';

const readRecords = 'SELECT kind, amount_minor AS "amountMinor" FROM remittance.kcd_bank_account_records WHERE request_id = $1';

const countCalls = 'SELECT count(*)::int AS calls FROM remittance.bank_call WHERE request_id = $1';

const openFailures = `
  SELECT 'deposit' AS step, request_id AS id, code, error FROM remittance.kcd_bank_account_deposit_failures
  WHERE request_id = $1 AND ended_at IS NULL
  UNION ALL SELECT 'withdrawal', request_id, code, error FROM remittance.kcd_bank_account_withdrawal_failures
  WHERE request_id = $1 AND ended_at IS NULL
  UNION ALL SELECT 'call', call_id, code, error FROM remittance.biz_remittance_request_failures
  WHERE request_id = $1 AND ended_at IS NULL ORDER BY step, id`;
