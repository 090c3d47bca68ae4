import type { Queryable } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';

/** Links whose account number no key of the ring opens, though none is missing: what was written is damaged. */
export interface UnopenedLink {
  readonly linkId: bigint;
  readonly requestId: string;
}

/**
 * Within the transaction that holds their locks: parks those that have no end, so that nobody publishes again what can never be asked for.
 * An end that the bank has spoken stays.
 */
export async function parkUnopened(transaction: Queryable, links: readonly UnopenedLink[], at: Date): Promise<void> {
  if (links.length === 0) return;
  const values = [links.map(({ linkId }) => linkId), links.map(({ requestId }) => requestId), unopened.message, at];
  await transaction.execute({ text: parkThem, values, name: 'accountLinks.parkUnopened' });
}

/** Why a request is put aside whose link does not open. */
export const unopened = new WeirError('decryption', 'The account number of the link does not open: its row is damaged.');

const parkThem = `
  WITH open AS (
    UPDATE account_links.account_link AS link SET next_look_at = NULL, claim_token = NULL, lease_until = NULL
    FROM unnest($1::bigint[], $2::text[]) AS damaged (id, request_id)
    WHERE link.id = damaged.id AND status IN ('REQUESTED', 'REGISTERING') RETURNING link.id, link.request_id
  )
  INSERT INTO account_links.account_link_failures (link_id, request_id, kind, code, error, tries, failed_at, park_reason)
  SELECT id, request_id, 'TRANSIENT', 'decryption', $3, 1, $4::timestamptz, 'decryption' FROM open
  ON CONFLICT (link_id, request_id, kind) DO UPDATE SET (code, error, failed_at, next_try_at, park_reason, ended_at) =
    (EXCLUDED.code, EXCLUDED.error, EXCLUDED.failed_at, NULL, EXCLUDED.park_reason, NULL)`;
