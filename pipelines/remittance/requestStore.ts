import { answerOnce } from '../../src/api/answerOnce.ts';
import type { ApiAnswer } from '../../src/api/apiRoute.ts';
import type { OnceRequest } from '../../src/api/idempotencyKey.ts';
import type { Database, Transaction } from '../../src/connectors/database.ts';
import { Problem } from '../../src/http/problem.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import type { NewCallStore } from './newCallStore.ts';
import type { RequestState } from './requestState.ts';

/** What a caller asks for. */
export interface RemittanceOrder {
  /** Name of the caller. */
  readonly caller: string;
  readonly fromAccount: string;
  readonly toAccount: string;
  readonly amountMinor: bigint;
}

/** Takes remittances on. */
export interface RequestStore {
  /**
   * The request with its first state, its first call of the bank and that call's message, in one transaction and once for each key of
   * a caller; answered as before when it comes again. Throws a `Problem`: 404 for an account that there is not, 409 and 422 as
   * `answerOnce` does. After any other error nothing is stored, or all of it, which the same key tells.
   */
  accept(once: OnceRequest, order: RemittanceOrder): Promise<ApiAnswer>;
}

export interface RequestStoreOptions {
  readonly calls: NewCallStore;
  readonly identifiers: Identifiers;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The statements of new requests on a database. */
export function requestStore(database: Database, { calls, identifiers, now }: RequestStoreOptions): RequestStore {
  const find = async (transaction: Transaction, caller: string, key: string) => {
    const asked = { text: findRequest, values: [caller, key], name: 'remittance.findRequest' };
    const [row] = await transaction.query<{ readonly id: bigint; readonly fingerprint: Buffer }>(asked);
    return row && { fingerprint: row.fingerprint, answer: accepted(row.id) };
  };
  const insert = async (transaction: Transaction, { key, fingerprint }: OnceRequest, order: RemittanceOrder): Promise<ApiAnswer> => {
    const { from, to } = await accountsOf(transaction, order);
    const [requestId, callId] = [identifiers.next(), identifiers.next()];
    const values = [requestId, order.caller, key, fingerprint, from, to, order.amountMinor, now()];
    await transaction.execute({ text: insertRequest, values, name: 'remittance.insertRequest' });
    await calls.insert(transaction, [{ callId, requestId, kind: 'MOVE_IN', seq: 1 }]);
    return accepted(requestId);
  };
  return {
    accept: (once, order) =>
      database.withTransaction((transaction) =>
        answerOnce(transaction, once, {
          find: (_transaction, _scope, key) => find(transaction, order.caller, key),
          insert: () => insert(transaction, once, order),
        }),
      ),
  };
}

/** The refusal of an account that there is not; the same for one that the caller may not use, so that nobody learns of it. */
export function noSuchAccount(field: 'fromAccount' | 'toAccount'): Problem {
  return new Problem(404, 'there is no such account', { fields: [{ field: `body.${field}`, expected: 'the number of an account' }] });
}

/** The answer of the first time, whatever became of the request since: the same each time. */
function accepted(requestId: bigint): ApiAnswer {
  const state: RequestState = 'REQUESTED';
  return { status: 202, body: { number: requestId.toString(), state } };
}

async function accountsOf(transaction: Transaction, { fromAccount, toAccount }: RemittanceOrder): Promise<{ from: bigint; to: bigint }> {
  const asked = { text: findAccounts, values: [[fromAccount, toAccount]], name: 'remittance.findAccounts' };
  const rows = await transaction.query<{ readonly id: bigint; readonly account_number: string }>(asked);
  const ids = new Map(rows.map(({ id, account_number }) => [account_number, id]));
  const [from, to] = [ids.get(fromAccount), ids.get(toAccount)];
  if (from === undefined) throw noSuchAccount('fromAccount');
  if (to === undefined) throw noSuchAccount('toAccount');
  return { from, to };
}

const findRequest = 'SELECT id, fingerprint FROM remittance.biz_remittance_requests WHERE caller = $1 AND idempotency_key = $2';

const findAccounts = 'SELECT id, account_number FROM remittance.kcd_bank_accounts WHERE account_number = ANY ($1::text[])';

const insertRequest = `
  WITH request AS (
    INSERT INTO remittance.biz_remittance_requests
      (id, caller, idempotency_key, fingerprint, from_account_id, to_account_id, amount_minor, requested_at, state_since)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
    RETURNING id, state
  )
  INSERT INTO remittance.biz_remittance_request_records (request_id, state, recorded_at) SELECT id, state, $8 FROM request`;
