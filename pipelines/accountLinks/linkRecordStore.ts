import type { Database, Queryable } from '../../src/connectors/database.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import { changeOf, type KeptLink, type LinkChange } from './linkChange.ts';
import { contradicted, refusal } from './permanent.ts';
import type { LinkNews } from './registration.ts';

/** Writes how asking the bank ended. */
export interface LinkRecordStore {
  /**
   * A chunk in a transaction of its own. What is registered is done; what is refused is dead, with its row among the failures; what brought
   * no word of the bank is deferred, with its row among the failures, which brings it back or tells a person. Repeatable.
   */
  readonly record: (news: readonly LinkNews[]) => Promise<readonly Answer<LinkNews>[]>;
}

/** Records on a database; `now` is calendar time. */
export function linkRecordStore(database: Pick<Database, 'withTransaction'>, now: () => Date): LinkRecordStore {
  return {
    record: (news) =>
      database.withTransaction(async (transaction) => {
        const at = now();
        const links = await lockLinks(transaction, news);
        const changes = news.map((one) => changeFor(one, links));
        await writeEnds(transaction, pick(changes, 'activate', 'fail'), at);
        await writeRefusals(transaction, pick(changes, 'fail'), at);
        await writeTries(transaction, pick(changes, 'countTry'), at);
        await releaseClaims(transaction, pick(changes, 'countTry', 'giveBack'));
        return changes.map(answerOf);
      }),
  };
}

interface Changed {
  readonly news: LinkNews;
  readonly change: LinkChange;
}

/** News of one chunk see what those before them did. */
function changeFor(news: LinkNews, links: Map<bigint, KeptLink>): Changed {
  const link = links.get(news.linkId);
  if (link === undefined) return { news, change: 'isOver' };
  const change = changeOf(news, link);
  if (change === 'activate') links.set(news.linkId, { ...link, status: 'ACTIVE', token: null });
  if (change === 'fail') links.set(news.linkId, { ...link, status: 'FAILED', token: null });
  if (change === 'countTry' || change === 'giveBack') links.set(news.linkId, { ...link, token: null });
  return { news, change };
}

function pick(changes: readonly Changed[], ...kinds: readonly LinkChange[]): readonly LinkNews[] {
  return changes.flatMap(({ news, change }) => (kinds.includes(change) ? [news] : []));
}

function answerOf({ news, change }: Changed): Answer<LinkNews> {
  switch (change) {
    case 'activate':
    case 'isActive':
      return news;
    case 'fail':
    case 'hasFailed':
      return dead(refusal(reasonOf(news)));
    case 'contradicted':
      return dead(contradicted);
    case 'countTry':
      return defer(nextOf(news) === null ? 'parked for a person' : 'stands among the failures');
    case 'giveBack':
      return defer('the bank has gone before it was asked');
    case 'leave':
      return defer('is held by another');
    case 'isOver':
      return skip('has ended');
  }
}

function reasonOf(news: LinkNews): string {
  return news.kind === 'refused' ? news.reason : '';
}

/** When it is looked at again; null: by a person. */
function nextOf(news: LinkNews): Date | null {
  switch (news.kind) {
    case 'failing':
      return news.next.kind === 'again' ? news.next.at : null;
    case 'givenBack':
      return news.until;
    default:
      return null;
  }
}

async function lockLinks(transaction: Queryable, news: readonly LinkNews[]): Promise<Map<bigint, KeptLink>> {
  const values = [news.map(({ linkId }) => linkId)];
  const rows = await transaction.query<KeptLink & { readonly linkId: bigint }>({ text: lockThem, values, name: 'accountLinks.lockNews' });
  return new Map(rows.map(({ linkId, ...link }) => [linkId, link]));
}

async function writeEnds(transaction: Queryable, news: readonly LinkNews[], at: Date): Promise<void> {
  if (news.length === 0) return;
  const values = [
    news.map(({ linkId }) => linkId),
    news.map(({ kind }) => (kind === 'registered' ? 'ACTIVE' : 'FAILED')),
    news.map((one) => (one.kind === 'refused' ? one.reason : null)),
    at,
  ];
  await transaction.execute({ text: endLinks, values, name: 'accountLinks.end' });
  await transaction.execute({ text: endFailures, values: [values[0], at], name: 'accountLinks.endFailures' });
}

async function writeRefusals(transaction: Queryable, news: readonly LinkNews[], at: Date): Promise<void> {
  if (news.length === 0) return;
  const values = [
    news.map(({ linkId }) => linkId),
    news.map(({ requestId }) => requestId),
    news.map(reasonOf),
    news.map((one) => refusal(reasonOf(one)).message),
    news.map(({ key }) => key),
    at,
  ];
  await transaction.execute({ text: insertRefusals, values, name: 'accountLinks.refuse' });
}

async function writeTries(transaction: Queryable, news: readonly LinkNews[], at: Date): Promise<void> {
  const failing = news.flatMap((one) => (one.kind === 'failing' ? [one] : []));
  if (failing.length === 0) return;
  const values = [
    failing.map(({ linkId }) => linkId),
    failing.map(({ requestId }) => requestId),
    failing.map(({ code }) => code),
    failing.map(({ error }) => error),
    failing.map(({ key }) => key),
    failing.map(({ tries }) => tries),
    at,
    failing.map(nextOf),
    failing.map(({ next, code }) => (next.kind === 'parked' ? code : null)),
  ];
  await transaction.execute({ text: writeThem, values, name: 'accountLinks.countTries' });
}

/** Whoever had claimed them has given them up, so that their lease holds nobody. */
async function releaseClaims(transaction: Queryable, news: readonly LinkNews[]): Promise<void> {
  if (news.length === 0) return;
  const values = [news.map(({ linkId }) => linkId), news.map(nextOf)];
  await transaction.execute({ text: releaseThem, values, name: 'accountLinks.release' });
}

const lockThem = `
  SELECT id AS "linkId", status, idempotency_key AS key, claim_token AS token
  FROM account_links.account_link WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`;

const endLinks = `
  UPDATE account_links.account_link AS link
  SET status = ended.status, fail_code = ended.code, status_since = $4::timestamptz, claim_token = NULL, lease_until = NULL, next_look_at = NULL
  FROM unnest($1::bigint[], $2::text[], $3::text[]) AS ended (id, status, code) WHERE link.id = ended.id`;

const endFailures = `
  UPDATE account_links.account_link_failures SET ended_at = $2, next_try_at = NULL, park_reason = NULL
  WHERE link_id = ANY ($1::bigint[]) AND ended_at IS NULL`;

const insertRefusals = `
  INSERT INTO account_links.account_link_failures AS failure (link_id, request_id, kind, code, error, idempotency_key, tries, failed_at, ended_at)
  SELECT refused.link_id, refused.request_id, 'PERMANENT', refused.code, refused.error, refused.key, 1, $6::timestamptz, $6::timestamptz
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS refused (link_id, request_id, code, error, key)
  ON CONFLICT (link_id, request_id, kind) DO UPDATE SET (code, error, idempotency_key, failed_at, ended_at) =
    (EXCLUDED.code, EXCLUDED.error, EXCLUDED.idempotency_key, EXCLUDED.failed_at, EXCLUDED.ended_at)`;

const writeThem = `
  INSERT INTO account_links.account_link_failures AS failure
    (link_id, request_id, kind, code, error, idempotency_key, tries, failed_at, next_try_at, park_reason)
  SELECT tried.link_id, tried.request_id, 'TRANSIENT', tried.code, tried.error, tried.key, tried.tries, $7::timestamptz, tried.next_at, tried.park_reason
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $8::timestamptz[], $9::text[])
    AS tried (link_id, request_id, code, error, key, tries, next_at, park_reason)
  ON CONFLICT (link_id, request_id, kind) DO UPDATE SET (code, error, idempotency_key, tries, failed_at, next_try_at, park_reason, ended_at) =
    (EXCLUDED.code, EXCLUDED.error, EXCLUDED.idempotency_key, EXCLUDED.tries, EXCLUDED.failed_at, EXCLUDED.next_try_at, EXCLUDED.park_reason, NULL)`;

const releaseThem = `
  UPDATE account_links.account_link AS link SET claim_token = NULL, lease_until = NULL, next_look_at = released.next_at
  FROM unnest($1::bigint[], $2::timestamptz[]) AS released (id, next_at) WHERE link.id = released.id`;
