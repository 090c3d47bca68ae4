import type { Database, Queryable } from '../../src/connectors/database.ts';
import { codeOf, WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import { decryptField, encryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { decideAdmission, type Admission, type StandingLink } from './admission.ts';
import { accountNumberField, linkKeyOf, ownerOf } from './link.ts';
import type { LinkRequest } from './linkRequest.ts';
import { lostAfterMs } from './lostAfter.ts';
import { clashOf, refusal } from './permanent.ts';
import type { DueLink } from './registration.ts';
import { parkUnopened, unopened, type UnopenedLink } from './unopenedStore.ts';

/** Takes requests on, before anything is sent. */
export interface AdmitStore {
  /**
   * A chunk in one transaction: a row for each account and partner that has none, with the key under which the bank is asked. A request
   * in force goes on, a duplicate is skipped, and one that can never be done gets its row among the failures and is dead. Repeatable: a
   * redelivered request finds its rows, and is answered the same without another.
   */
  readonly admit: (requests: readonly LinkRequest[]) => Promise<readonly Answer<DueLink>[]>;
}

export interface AdmitStoreOptions {
  readonly keyRing: KeyRing;
  readonly identifiers: Identifiers;
  /** Calendar time. */
  readonly now: () => Date;
}

/** Requests on a database. */
export function admitStore(database: Pick<Database, 'withTransaction'>, options: AdmitStoreOptions): AdmitStore {
  return {
    admit: (requests) =>
      database.withTransaction(async (transaction) => {
        const at = options.now();
        await insertNew(transaction, requests, at, options);
        const { links, damaged } = await lockLinks(transaction, requests, options.keyRing);
        await parkUnopened(transaction, [...damaged.values()], at);
        const refusals = await refusedBefore(transaction, requests, links);
        const admitted = requests.map((request) => admitOne(request, links, refusals));
        await renew(transaction, admitted, at, options);
        await insertClashes(transaction, admitted, at);
        return requests.map((request, place) => (damaged.has(ownerOf(request)) ? dead(unopened) : answerOf(admitted[place])));
      }),
  };
}

/** A link as its row says, or as this transaction is about to make it. */
interface HeldLink extends StandingLink {
  readonly linkId: bigint;
  readonly seq: number;
}

interface Admitted {
  readonly request: LinkRequest;
  /** As the request leaves it. */
  readonly link: HeldLink;
  readonly admission: Admission;
}

/** By account and partner; requests of one chunk see what those before them did. */
type Links = Map<string, HeldLink>;

function admitOne(request: LinkRequest, links: Links, refusals: ReadonlyMap<string, string>): Admitted | undefined {
  const link = links.get(ownerOf(request));
  if (link === undefined) return undefined;
  const admission = decideAdmission(request, link, refusals.get(refusalKey(link.linkId, request.requestId)));
  if (admission.kind !== 'renew') return { request, link, admission };
  const { requestId, accountNumber = link.accountNumber } = request;
  const renewed: HeldLink = { ...link, requestId, accountNumber, seq: link.seq + 1, status: 'REQUESTED', failCode: null };
  links.set(ownerOf(request), renewed);
  return { request, link: renewed, admission };
}

function answerOf(admitted: Admitted | undefined): Answer<DueLink> {
  if (admitted === undefined) return dead(new WeirError('notFound', 'There is no request that could be tried again.'));
  const { request, link, admission } = admitted;
  switch (admission.kind) {
    case 'goOn':
    case 'renew':
      return { linkId: link.linkId, requestId: request.requestId, claimed: undefined };
    case 'nothingToDo':
      return skip(admission.why);
    case 'parked':
      return defer('parked for a person');
    case 'refused':
      return dead(refusal(admission.code));
    case 'clash':
      return dead(clashOf(admission.code));
  }
}

async function insertNew(
  transaction: Queryable,
  requests: readonly LinkRequest[],
  at: Date,
  { keyRing, identifiers }: AdmitStoreOptions,
): Promise<void> {
  const first = new Map(
    requests
      .filter(({ accountNumber }) => accountNumber !== undefined)
      .toReversed()
      .map((request) => [ownerOf(request), request]),
  );
  const rows = [...first.values()].map((request) => ({ ...request, linkId: identifiers.next() }));
  if (rows.length === 0) return;
  const values = [
    rows.map(({ linkId }) => linkId),
    rows.map(({ accountId }) => accountId),
    rows.map(({ partner }) => partner),
    rows.map((row) => encryptField(keyRing, ownerOf(row), accountNumberField, row.accountNumber ?? '')),
    rows.map(({ requestId }) => requestId),
    rows.map(({ linkId }) => linkKeyOf({ linkId, seq: 1 })),
    at,
    new Date(at.getTime() + lostAfterMs),
  ];
  await transaction.execute({ text: insertLinks, values, name: 'accountLinks.insertLinks' });
}

/** The links of these requests, locked; those that do not open apart, so that they hold up no others. */
async function lockLinks(
  transaction: Queryable,
  requests: readonly LinkRequest[],
  keyRing: KeyRing,
): Promise<{ readonly links: Links; readonly damaged: ReadonlyMap<string, UnopenedLink> }> {
  const named = [...new Map(requests.map((request) => [ownerOf(request), request])).values()];
  const values = [named.map(({ accountId }) => accountId), named.map(({ partner }) => partner)];
  const rows = await transaction.query<LinkRow>({ text: lockThem, values, name: 'accountLinks.lockLinks' });
  const links: Links = new Map();
  const damaged = new Map<string, UnopenedLink>();
  for (const { accountId, partner, sealed, ...link } of rows) {
    const owner = ownerOf({ accountId, partner });
    try {
      links.set(owner, { ...link, accountNumber: decryptField(keyRing, owner, accountNumberField, sealed) });
    } catch (error) {
      if (codeOf(error) !== 'decryption') throw error;
      damaged.set(owner, link);
    }
  }
  return { links, damaged };
}

interface LinkRow extends Omit<HeldLink, 'accountNumber'> {
  readonly accountId: string;
  readonly partner: string;
  readonly sealed: string;
}

/** Requests of these that the bank has refused: their reasons. */
async function refusedBefore(transaction: Queryable, requests: readonly LinkRequest[], links: Links): Promise<ReadonlyMap<string, string>> {
  const known = requests.flatMap(({ requestId, ...request }) => {
    const link = links.get(ownerOf(request));
    return link === undefined ? [] : [{ linkId: link.linkId, requestId }];
  });
  const values = [known.map(({ linkId }) => linkId), known.map(({ requestId }) => requestId)];
  const rows = await transaction.query<RefusedRow>({ text: refusedOnes, values, name: 'accountLinks.refusedBefore' });
  return new Map(rows.map(({ linkId, requestId, code }) => [refusalKey(linkId, requestId), code]));
}

interface RefusedRow {
  readonly linkId: bigint;
  readonly requestId: string;
  readonly code: string;
}

function refusalKey(linkId: bigint, requestId: string): string {
  return `${linkId} ${requestId}`;
}

async function renew(
  transaction: Queryable,
  admitted: readonly (Admitted | undefined)[],
  at: Date,
  { keyRing }: AdmitStoreOptions,
): Promise<void> {
  const renewed = admitted.flatMap((one) => (one?.admission.kind === 'renew' ? [one] : []));
  if (renewed.length === 0) return;
  const values = [
    renewed.map(({ link }) => link.linkId),
    renewed.map(({ request, link }) => encryptField(keyRing, ownerOf(request), accountNumberField, link.accountNumber)),
    renewed.map(({ link }) => link.requestId),
    renewed.map(({ link }) => link.seq),
    renewed.map(({ link }) => linkKeyOf(link)),
    at,
    new Date(at.getTime() + lostAfterMs),
  ];
  await transaction.execute({ text: renewThem, values, name: 'accountLinks.renew' });
}

async function insertClashes(transaction: Queryable, admitted: readonly (Admitted | undefined)[], at: Date): Promise<void> {
  const clashes = admitted.flatMap((one) => (one?.admission.kind === 'clash' ? [{ ...one, code: one.admission.code }] : []));
  if (clashes.length === 0) return;
  const values = [
    clashes.map(({ link }) => link.linkId),
    clashes.map(({ request }) => request.requestId),
    clashes.map(({ code }) => code),
    clashes.map(({ code }) => clashOf(code).message),
    at,
  ];
  await transaction.execute({ text: insertThem, values, name: 'accountLinks.insertClashes' });
}

// In the order of what is unique, so that two transactions never wait for each other crosswise.
const insertLinks = `
  INSERT INTO account_links.account_link
    (id, account_id, partner, account_number, request_id, idempotency_key, requested_at, status_since, next_look_at)
  SELECT asked.*, $7::timestamptz, $7::timestamptz, $8::timestamptz
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS asked (id, account_id, partner, account_number, request_id, idempotency_key)
  ORDER BY account_id, partner
  ON CONFLICT (account_id, partner) DO NOTHING`;

const lockThem = `
  SELECT link.id AS "linkId", account_id AS "accountId", partner, account_number AS sealed, request_id AS "requestId", seq, status,
    fail_code AS "failCode",
    EXISTS (SELECT FROM account_links.account_link_failures WHERE link_id = link.id AND park_reason IS NOT NULL) AS "isParked"
  FROM account_links.account_link AS link
  JOIN unnest($1::text[], $2::text[]) AS named (account_id, partner) USING (account_id, partner)
  ORDER BY link.id FOR NO KEY UPDATE OF link`;

const refusedOnes = `
  SELECT link_id AS "linkId", request_id AS "requestId", code
  FROM account_links.account_link_failures
  JOIN unnest($1::bigint[], $2::text[]) AS named (link_id, request_id) USING (link_id, request_id)
  WHERE kind = 'PERMANENT' AND idempotency_key IS NOT NULL`;

const renewThem = `
  UPDATE account_links.account_link AS link
  SET account_number = renewed.account_number, request_id = renewed.request_id, seq = renewed.seq, idempotency_key = renewed.idempotency_key,
    status = 'REQUESTED', fail_code = NULL, requested_at = $6::timestamptz, status_since = $6::timestamptz, next_look_at = $7::timestamptz
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::text[])
    AS renewed (id, account_number, request_id, seq, idempotency_key)
  WHERE link.id = renewed.id AND status = 'FAILED'`;

const insertThem = `
  INSERT INTO account_links.account_link_failures (link_id, request_id, kind, code, error, tries, failed_at, ended_at)
  SELECT clash.link_id, clash.request_id, 'PERMANENT', clash.code, clash.error, 1, $5::timestamptz, $5::timestamptz
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS clash (link_id, request_id, code, error)
  ON CONFLICT (link_id, request_id, kind) DO NOTHING`;
