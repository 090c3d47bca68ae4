import type { Transaction } from '../connectors/database.ts';
import { Problem } from '../http/problem.ts';
import type { ApiAnswer } from './apiRoute.ts';
import type { OnceRequest } from './idempotencyKey.ts';

/** What was answered to a request. */
export interface StoredAnswer {
  readonly fingerprint: Uint8Array;
  readonly answer: ApiAnswer;
}

/** Where a system keeps its requests, with scope and key unique on their rows, which are never deleted. */
export interface OnceStore {
  find(transaction: Transaction, scope: string, key: string): Promise<StoredAnswer | undefined>;
  /** Does what was asked for and stores it with scope, key, fingerprint and answer, all in this transaction. */
  insert(transaction: Transaction, request: OnceRequest): Promise<ApiAnswer>;
}

/**
 * Does a request once: for a route to call within the transaction of its effect.
 *
 * - the first: `insert`, and its answer; when the transaction fails nothing is stored, and the same key may be sent again.
 * - the same again: the stored answer, and nothing is done.
 * - another under the same key: 422.
 * - while one under this key is under way, here or in another process: 409 at once, without waiting for it. The lock ends with the
 *   transaction, and the unique key on the row stands behind it.
 */
export async function answerOnce(transaction: Transaction, request: OnceRequest, store: OnceStore): Promise<ApiAnswer> {
  const { scope, key, fingerprint } = request;
  const [lock] = await transaction.query<{ readonly isMine: boolean }>({
    name: 'weir-once-lock',
    text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS "isMine"',
    values: [JSON.stringify([scope, key])],
  });
  if (lock?.isMine !== true) {
    throw new Problem(409, 'a request with this Idempotency-Key is under way: send it again later', { headers: { 'retry-after': '1' } });
  }
  const stored = await store.find(transaction, scope, key);
  if (stored === undefined) return store.insert(transaction, request);
  if (Buffer.compare(stored.fingerprint, fingerprint) === 0) return stored.answer;
  throw new Problem(422, 'another request was sent with this Idempotency-Key: expected a new key for new content');
}
