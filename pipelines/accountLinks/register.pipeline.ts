// Enters: requests to register partner accounts at the bank, on the Redis stream `account-links`, which other programs write to. Leaves: links,
// each active or failed by the bank's word.
// Guarantee: one link for each account and partner, however often it is asked for. It stands in its row before the bank is asked, and is
// always asked for under its key, so that it is registered once whatever becomes of answers. No word of the bank is never taken for a
// refusal: after some tries the row among the failures brings it back. While the bank is away links wait before its gate, which costs no try.
// Dead letters: what cannot be read, what the bank refuses, and requests that clash with the link that there is; their rows are written first.
import { backlog } from '../../operators/backlog.ts';
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { leaseMsOf, repeatOf } from '../shared/claimedSends.ts';
import type { AdmitStore } from './admitStore.ts';
import type { GatedRegistrationBank } from './bank/askableRegistrationBank.ts';
import type { LinkClaimStore } from './linkClaimStore.ts';
import type { LinkRecordStore } from './linkRecordStore.ts';
import { linkRequestSchema } from './linkRequest.ts';
import { linkTopic } from './linkTopic.ts';
import type { TryOptions } from './nextTry.ts';
import { registerAtBank } from './registerAtBank.ts';
import { registerOptions } from './registerOptions.ts';
import { newsOf, unanswered, type LinkNews, type Registration } from './registration.ts';

export interface RegisterLinksPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly registrationBank: GatedRegistrationBank;
  readonly links: AdmitStore & LinkClaimStore & LinkRecordStore;
}

/** The group whose members share the stream; its name is known to other programs. */
export const linkGroup = 'cg-account-links';

export const register = definePipeline({
  name: 'accountLinks.register',
  profile: 'streams',
  options: registerOptions,
  source: ({ bus }: RegisterLinksPorts, { readers }) => bus.subscribe(linkTopic, { group: linkGroup, readers }),
  chain: (message$, { registrationBank, links }, options) => {
    const { partners, admit, send, again, record } = options;
    const unrecorded = backlog(record.size);
    const repeat = repeatOf(options);
    const { register: registerLink, putOff } = registerAtBank(registrationBank.bank);
    return message$.pipe(
      decode(linkRequestSchema(partners)),
      mapChunk(links.admit, { ...admit, repeat }),
      mergeMapEach(registerLink, {
        ...send,
        claim: (due) => links.claim(due, leaseMsOf(options)),
        repeatClaim: repeat,
        gate: registrationBank.gate,
        backlog: unrecorded,
        refused: unanswered,
        later: putOff,
        unknown: 'retry',
      }),
      mapEach(decideNews(again)),
      mapChunk(links.record, { ...record, repeat, backlog: unrecorded }),
    );
  },
});

function decideNews(again: TryOptions): (registration: Registration, moment: { readonly now: Date }) => LinkNews {
  return function decideNews(registration, { now }) {
    return newsOf(registration, now, again);
  };
}
