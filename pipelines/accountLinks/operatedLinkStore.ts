import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import { againMessage } from './linkMessages.ts';
import { lostAfterMs } from './lostAfter.ts';
import { requireResolvable, requireRetriable, resolvedAsFailed, type OperatedLink, type Truth } from './operatedLink.ts';

/** What operators do about links that do not go on, in the transaction that also holds their audit. */
export interface OperatedLinkStore {
  /** What failed gets its tries back and is no longer parked; its request goes on the stream with the commit. `notFound`, `refused`. */
  retry(transaction: Transaction, linkId: bigint): Promise<OperatedLink>;
  /** A parked link ends as a person says. `notFound`, `refused`. */
  resolve(transaction: Transaction, linkId: bigint, as: Truth): Promise<OperatedLink>;
}

export interface OperatedLinkOptions {
  readonly outbox: Pick<Outbox, 'insert'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** What operators do, on a database. */
export function operatedLinkStore({ outbox, now }: OperatedLinkOptions): OperatedLinkStore {
  return {
    retry: async (transaction, linkId) => {
      const link = await lockLink(transaction, linkId);
      requireRetriable(link);
      const at = now();
      await transaction.execute({ text: tryAgain, values: [linkId, at] });
      await transaction.execute({ text: lookAgain, values: [linkId, new Date(at.getTime() + lostAfterMs)] });
      await outbox.insert(transaction, [againMessage(link, at)]);
      return link;
    },
    resolve: async (transaction, linkId, as) => {
      const link = await lockLink(transaction, linkId);
      requireResolvable(link);
      const at = now();
      const [status, code] = as === 'active' ? ['ACTIVE', null] : ['FAILED', resolvedAsFailed];
      await transaction.execute({ text: endLink, values: [linkId, status, code, at] });
      await transaction.execute({ text: endFailures, values: [linkId, at] });
      if (code !== null) {
        const values = [linkId, link.requestId, code, 'A person has said that the bank did not register it.', link.key, at];
        await transaction.execute({ text: insertFailure, values });
      }
      return link;
    },
  };
}

async function lockLink(transaction: Transaction, linkId: bigint): Promise<OperatedLink> {
  const [link] = await transaction.query<Omit<OperatedLink, 'failedWith' | 'isParked'>>({ text: lock, values: [linkId] });
  if (link === undefined) throw new WeirError('notFound', `There is no link ${linkId}.`);
  const [failure] = await transaction.query<Pick<OperatedLink, 'failedWith' | 'isParked'>>({ text: openFailure, values: [linkId] });
  return { ...link, failedWith: failure?.failedWith ?? null, isParked: failure?.isParked ?? false };
}

const lock = `
  SELECT id AS "linkId", account_id AS "accountId", partner, request_id AS "requestId", idempotency_key AS key, status
  FROM account_links.account_link WHERE id = $1 FOR NO KEY UPDATE`;

const openFailure = `
  SELECT code AS "failedWith", park_reason IS NOT NULL AS "isParked"
  FROM account_links.account_link_failures WHERE link_id = $1 AND ended_at IS NULL`;

const tryAgain = `
  UPDATE account_links.account_link_failures SET tries = 0, next_try_at = $2, park_reason = NULL WHERE link_id = $1 AND ended_at IS NULL`;

const lookAgain = 'UPDATE account_links.account_link SET next_look_at = $2 WHERE id = $1';

const endLink = `
  UPDATE account_links.account_link
  SET status = $2, fail_code = $3, status_since = $4, claim_token = NULL, lease_until = NULL, next_look_at = NULL WHERE id = $1`;

const endFailures = `
  UPDATE account_links.account_link_failures SET ended_at = $2, next_try_at = NULL, park_reason = NULL
  WHERE link_id = $1 AND ended_at IS NULL`;

const insertFailure = `
  INSERT INTO account_links.account_link_failures (link_id, request_id, kind, code, error, idempotency_key, tries, failed_at, ended_at)
  VALUES ($1, $2, 'PERMANENT', $3, $4, $5, 1, $6::timestamptz, $6::timestamptz)
  ON CONFLICT (link_id, request_id, kind) DO UPDATE SET (code, error, idempotency_key, failed_at, ended_at) =
    (EXCLUDED.code, EXCLUDED.error, EXCLUDED.idempotency_key, EXCLUDED.failed_at, EXCLUDED.ended_at)`;
