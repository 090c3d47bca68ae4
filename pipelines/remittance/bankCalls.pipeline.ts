// Enters: calls of the bank that are due, on `dueCallTopic`. Leaves: what the bank said of them; a call that it has ended goes on, by
// the outbox, to the ledger.
// Guarantee: a call stands in its row before it is made, and is always made under its key, so that money is moved once whatever becomes
// of answers; only the bank's word ends it. While the bank is away calls wait before its gate, which costs no try.
// Dead letters: what cannot be read, or names no call.
import { backlog } from '../../operators/backlog.ts';
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { repeatOf } from '../shared/claimedSends.ts';
import { askBank } from './askBank.ts';
import { callOf, newsOf, notAsked, unanswered, type AskAgain, type AskedCall, type CallNews } from './askedCall.ts';
import type { GatedBank } from './bank/askableBank.ts';
import { bankCallsOptions, triedByRows } from './bankCallsOptions.ts';
import type { CallClaimStore } from './callClaimStore.ts';
import type { CallRecordStore } from './callRecordStore.ts';
import { namedRowSchema } from './namedRow.ts';
import { dueCallTopic } from './remittanceTopics.ts';

export interface BankCallsPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly bank: GatedBank;
  readonly bankCalls: CallClaimStore & CallRecordStore;
}

/** The group whose members share the calls. */
export const bankCallsGroup = 'cg-remittance-bank-call';

export const bankCalls = definePipeline({
  name: 'remittance.bankCalls',
  profile: 'remittance',
  options: bankCallsOptions,
  source: ({ bus }: BankCallsPorts) => bus.subscribe(dueCallTopic, { group: bankCallsGroup }),
  chain: (message$, { bank, bankCalls: calls }, options) => {
    const { ask, again, record, leaseBeyondMs } = options;
    const unrecorded = backlog(record.size);
    const repeat = repeatOf(options);
    return message$.pipe(
      decode(namedRowSchema),
      mapEach(callOf),
      mergeMapEach(askBank(bank.bank), {
        ...ask,
        ...triedByRows(again),
        claim: (due) => calls.claim(due, ask.timeLimitMs + leaseBeyondMs),
        repeatClaim: repeat,
        gate: bank.gate,
        backlog: unrecorded,
        refused: unanswered,
        later: notAsked,
        unknown: unanswered,
      }),
      mapEach(decideNews(options)),
      mapChunk(calls.record, { ...record, repeat, backlog: unrecorded }),
    );
  },
});

function decideNews(options: AskAgain): (asked: AskedCall, moment: { readonly now: Date }) => CallNews {
  return function decideNews(asked, { now }) {
    return newsOf(asked, now, options);
  };
}
