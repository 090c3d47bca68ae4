import type { Database } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { accountNumberField, ownerOf, type LinkStatus } from './link.ts';
import { lostAfterMs } from './lostAfter.ts';
import type { DueLink } from './registration.ts';

/** Takes links for this process, just before the bank is asked. */
export interface LinkClaimStore {
  /**
   * REQUESTED or REGISTERING → REGISTERING under a token of the message, committed before anything is sent: what has ended is skipped; what
   * is parked, waits for its next try or is held by another within `leaseMs` is deferred, since its row brings it back. Of several
   * messages of one link one gets it. Two holders of one link do no harm, since both ask under its key; the lease spares the bank the second.
   *
   * Repeatable: asked again with the same objects it finds what it has claimed already, though nobody was told.
   */
  readonly claim: (links: readonly DueLink[], leaseMs: number) => Promise<readonly Answer<DueLink>[]>;
}

export interface LinkClaimOptions {
  readonly keyRing: KeyRing;
  readonly identifiers: Identifiers;
  /** Calendar time. */
  readonly now: () => Date;
}

/** How far clocks of processes may be apart: a message that comes so much too soon is due. */
const toleranceMs = 1_000;

/** Claims on a database. */
export function linkClaimStore(database: Pick<Database, 'query'>, { keyRing, identifiers, now }: LinkClaimOptions): LinkClaimStore {
  const tokens = new WeakMap<DueLink, bigint>();
  return {
    claim: async (links, leaseMs) => {
      for (const link of links) if (!tokens.has(link)) tokens.set(link, identifiers.next());
      const at = now().getTime();
      const values = [
        links.map(({ linkId }) => linkId),
        links.map((link) => tokens.get(link)),
        leaseMs,
        new Date(at + toleranceMs),
        new Date(at + leaseMs + lostAfterMs),
        new Date(at),
        links.map(({ requestId }) => requestId),
      ];
      const rows = await database.query<ClaimRow>({ text: claim, values, name: 'accountLinks.claim' });
      const byId = new Map(rows.map((row) => [row.linkId, row]));
      return links.map((link) => answerOf(link, byId.get(link.linkId), tokens.get(link), keyRing));
    },
  };
}

function answerOf(link: DueLink, row: ClaimRow | undefined, token: bigint | undefined, keyRing: KeyRing): Answer<DueLink> {
  if (row === undefined || token === undefined) return dead(new WeirError('notFound', `There is no link ${link.linkId}.`));
  if (row.requestId !== link.requestId) return skip('another request has taken its place');
  if (row.status === 'ACTIVE' || row.status === 'FAILED') return skip('has ended');
  if (row.isParked) return defer('parked for a person');
  if (row.token !== token) return defer('waits for its next try, or is held by another');
  const { accountId, partner, key, tries } = row;
  const accountNumber = decryptField(keyRing, ownerOf(row), accountNumberField, row.sealed);
  const order = { key, accountId, partner, accountNumber };
  return { ...link, claimed: { order, token, wasAsked: row.status === 'REGISTERING', tries } };
}

interface ClaimRow {
  readonly linkId: bigint;
  readonly requestId: string;
  /** As it was before. */
  readonly status: LinkStatus;
  readonly isParked: boolean;
  /** Under which it was claimed now; null where it was not. */
  readonly token: bigint | null;
  readonly accountId: string;
  readonly partner: string;
  readonly sealed: string;
  readonly key: string;
  readonly tries: number;
}

// Locked in the order of their ids, each once, so that two claims never wait for each other crosswise. Of several messages of one link
// that are asked for at once, the one that holds it already gets it, else the lowest token: the first that came. One of a request whose place
// another has taken gets none.
const claim = `
  WITH held AS (
    SELECT link.* FROM account_links.account_link AS link WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
  ), judged AS (
    SELECT held.*, failure.park_reason IS NOT NULL AS is_parked, coalesce(failure.tries, 0) AS tries,
      (SELECT token FROM unnest($1::bigint[], $2::bigint[], $7::text[]) AS asked (id, token, request_id)
        WHERE asked.id = held.id AND asked.request_id = held.request_id
        ORDER BY (token = held.claim_token) DESC NULLS LAST, token LIMIT 1) AS token,
      coalesce(failure.next_try_at <= $4::timestamptz, true) AS is_due
    FROM held LEFT JOIN account_links.account_link_failures AS failure
      ON failure.link_id = held.id AND failure.request_id = held.request_id AND kind = 'TRANSIENT' AND ended_at IS NULL
  ), claimed AS (
    UPDATE account_links.account_link AS link
    SET status = 'REGISTERING', claim_token = judged.token, lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond',
      next_look_at = $5::timestamptz, status_since = CASE judged.status WHEN 'REGISTERING' THEN judged.status_since ELSE $6::timestamptz END
    FROM judged
    WHERE link.id = judged.id AND judged.token IS NOT NULL AND judged.status IN ('REQUESTED', 'REGISTERING') AND NOT judged.is_parked
      AND (judged.claim_token = judged.token OR judged.is_due AND (judged.claim_token IS NULL OR judged.lease_until < clock_timestamp()))
    RETURNING link.id, link.claim_token
  )
  SELECT judged.id AS "linkId", request_id AS "requestId", status, is_parked AS "isParked", claimed.claim_token AS token,
    account_id AS "accountId", partner, account_number AS sealed, idempotency_key AS key, tries
  FROM judged LEFT JOIN claimed ON claimed.id = judged.id`;
