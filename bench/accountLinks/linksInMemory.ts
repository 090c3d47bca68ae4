import type { RegistrationBank } from '../../pipelines/accountLinks/bank/registrationBank.ts';
import { decideAdmission, type StandingLink } from '../../pipelines/accountLinks/admission.ts';
import type { AdmitStore } from '../../pipelines/accountLinks/admitStore.ts';
import { linkKeyOf, ownerOf } from '../../pipelines/accountLinks/link.ts';
import { changeOf, type KeptLink } from '../../pipelines/accountLinks/linkChange.ts';
import type { LinkClaimStore } from '../../pipelines/accountLinks/linkClaimStore.ts';
import type { LinkRecordStore } from '../../pipelines/accountLinks/linkRecordStore.ts';
import type { LinkRequest } from '../../pipelines/accountLinks/linkRequest.ts';
import type { DueLink, LinkNews } from '../../pipelines/accountLinks/registration.ts';
import { createIdentifiers } from '../../pipelines/shared/identifiers.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import { realClock } from '../../src/runtime/clock.ts';

/** Links without a database, and a bank without a network: both answer at once. */
export interface LinksInMemory {
  readonly links: AdmitStore & LinkClaimStore & LinkRecordStore;
  readonly bank: RegistrationBank;
  /** Throws unless there are so many links, the bank was asked for each once, and each was recorded once. */
  requireRegistered(count: number): void;
}

type Row = {
  -readonly [Name in keyof (StandingLink & KeptLink)]: (StandingLink & KeptLink)[Name];
} & { readonly linkId: bigint; readonly accountId: string; readonly partner: string; timesAsked: number; timesRecorded: number };

/**
 * No links yet. Rows are decided about as on a database, by the same functions, but nothing is encrypted and no claim expires. Only
 * requests that are registered are `done`: whatever else would become of one ends its message otherwise, which a benchmark takes for a
 * failure.
 */
export function linksInMemory(): LinksInMemory {
  const identifiers = createIdentifiers({ now: () => realClock.now(), random: () => realClock.random(), node: 0 });
  const byOwner = new Map<string, Row>();
  const byId = new Map<bigint, Row>();
  const byKey = new Map<string, Row>();

  function insert(request: LinkRequest): Row {
    const linkId = identifiers.next();
    const { requestId, accountId, partner, accountNumber = '' } = request;
    const key = linkKeyOf({ linkId, seq: 1 });
    const row: Row = {
      ...{ linkId, requestId, accountId, partner, accountNumber, key, status: 'REQUESTED', token: null },
      ...{ failCode: null, isParked: false, timesAsked: 0, timesRecorded: 0 },
    };
    byOwner.set(ownerOf(request), row);
    byId.set(linkId, row);
    byKey.set(key, row);
    return row;
  }

  function admit(request: LinkRequest): Answer<DueLink> {
    const row = byOwner.get(ownerOf(request)) ?? insert(request);
    const { kind } = decideAdmission(request, row, undefined);
    return kind === 'goOn' ? { linkId: row.linkId, requestId: request.requestId, claimed: undefined } : skip(kind);
  }

  function claim(link: DueLink): Answer<DueLink> {
    const row = byId.get(link.linkId);
    if (row?.requestId !== link.requestId || row.status === 'ACTIVE') return skip('has ended');
    if (row.token !== null) return defer('is held by another');
    const { key, accountId, partner, accountNumber, status } = row;
    const token = identifiers.next();
    row.token = token;
    row.status = 'REGISTERING';
    return { ...link, claimed: { order: { key, accountId, partner, accountNumber }, token, wasAsked: status === 'REGISTERING', tries: 0 } };
  }

  function record(news: LinkNews): Answer<LinkNews> {
    const row = byId.get(news.linkId);
    if (row === undefined || changeOf(news, row) !== 'activate') return skip('is not registered now');
    row.status = 'ACTIVE';
    row.token = null;
    row.timesRecorded += 1;
    return news;
  }

  return {
    links: {
      admit: (requests) => Promise.resolve(requests.map(admit)),
      claim: (links) => Promise.resolve(links.map(claim)),
      record: (news) => Promise.resolve(news.map(record)),
    },
    bank: {
      register: ({ key }) => {
        const row = byKey.get(key);
        if (row !== undefined) row.timesAsked += 1;
        return Promise.resolve({ kind: 'registered' });
      },
      find: () => Promise.resolve({ kind: 'notFound' }),
    },
    requireRegistered: (count) => {
      const isRegistered = ({ status, timesAsked, timesRecorded }: Row): boolean =>
        status === 'ACTIVE' && timesAsked === 1 && timesRecorded === 1;
      const registered = [...byId.values()].filter(isRegistered).length;
      if (byId.size === count && registered === count) return;
      throw new Error(`Of ${count} links there are ${byId.size}, ${registered} of them asked for and recorded once.`);
    },
  };
}
