import type { Database, Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import { againMessage } from './linkMessages.ts';
import { againAfterMs } from './lostAfter.ts';

/** A link that waits for the bank's word: its failure says that it is time, or nobody has worked on it since its message counts as lost. */
export interface WaitingLink {
  readonly linkId: bigint;
}

/** A page of those, in ascending order of ids. */
export interface WaitingPage {
  /** Exclusive lower bound; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Links that wait, and their messages. */
export interface DueLinkStore {
  count(asOf: Date): Promise<number>;
  page(asOf: Date, page: WaitingPage): Promise<readonly WaitingLink[]>;
  /** Publishes requests again, and says when they come again, should that be lost too. What is worked on just now, or was, is skipped. */
  readonly publishAgain: (transaction: Transaction, links: readonly WaitingLink[]) => Promise<readonly Answer<WaitingLink>[]>;
}

export interface DueLinkOptions {
  readonly outbox: Pick<Outbox, 'insert'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The questions about what waits, on a database. */
export function dueLinkStore(database: Database, { outbox, now }: DueLinkOptions): DueLinkStore {
  return {
    count: async (asOf) => {
      const [row] = await database.query<{ readonly total: number }>({
        text: `SELECT count(*)::int AS total FROM (${due}) AS due`,
        values: [asOf],
      });
      return row?.total ?? 0;
    },
    page: (asOf, { after, limit }) => database.query<WaitingLink>({ text: page, values: [asOf, after ?? '0', limit] }),
    publishAgain: async (transaction, links) => {
      const at = now();
      const values = [links.map(({ linkId }) => linkId), new Date(at.getTime() + againAfterMs)];
      const pushed = await transaction.query<PushedRow>({ text: push, values, name: 'accountLinks.push' });
      await outbox.insert(
        transaction,
        pushed.map((link) => againMessage(link, at)),
      );
      const ids = new Set(pushed.map(({ linkId }) => linkId));
      return links.map((link) => (ids.has(link.linkId) ? link : skip('was worked on meanwhile')));
    },
  };
}

interface PushedRow extends WaitingLink {
  readonly requestId: string;
  readonly accountId: string;
  readonly partner: string;
}

const due = `
  SELECT id FROM account_links.account_link
  WHERE status IN ('REQUESTED', 'REGISTERING') AND next_look_at <= $1`;

const page = `SELECT id AS "linkId" FROM (${due}) AS due WHERE id > $2::bigint ORDER BY id LIMIT $3`;

// Who works on one holds its lock, or its claim: it is left alone.
const push = `
  WITH waiting AS (
    SELECT id FROM account_links.account_link
    WHERE id = ANY ($1::bigint[]) AND next_look_at IS NOT NULL AND (claim_token IS NULL OR lease_until < clock_timestamp())
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE account_links.account_link AS link SET next_look_at = $2::timestamptz FROM waiting WHERE link.id = waiting.id
  RETURNING link.id AS "linkId", request_id AS "requestId", account_id AS "accountId", partner`;
