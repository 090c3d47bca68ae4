// Enters: dead letters of `dueCallTopic` and of `endedCallTopic`, a pipeline for each. Leaves: a try of the call in its table of failures,
// which brings it back, a few times, and then parks it for a person.
// Guarantee: no call is published for ever that cannot be worked on; a letter counts once, however often it is read; one of a call that
// has been tried since, or waits for nothing, changes nothing.
// Dead letters: what a newer Weir has to read, on a topic of their own that no pipeline reads, so that they never come back here.
import { decodeDeadLetter } from '../../operators/decodeDeadLetter.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import { definePipeline, type Pipeline } from '../../src/runtime/definePipeline.ts';
import { deadLetterTopic } from './deadLetterTopic.ts';
import { failedEventOptions } from './failedEventOptions.ts';
import { readPutAsideCall, type PutAsideCall } from './putAsideCall.ts';
import type { PutAsideCallStore } from './putAsideCallStore.ts';
import { dueCallTopic, endedCallTopic } from './remittanceTopics.ts';

export interface PutAsideCallsPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly putAsideCalls: PutAsideCallStore;
}

/** Calls that could not be made, or what the bank said not recorded. */
export const dueCallDeadLetters = deadLetterTopic(dueCallTopic);
export const dueCallFailuresGroup = 'cg-remittance-bank-call-failures';
export const dueCallFailures = putAsideCalls('remittance.bankCallDeadLetters', dueCallDeadLetters, dueCallFailuresGroup);

/** Ended calls that could not be booked, nor their failure written. */
export const endedCallDeadLetters = deadLetterTopic(endedCallTopic);
export const endedCallFailuresGroup = 'cg-remittance-call-ended-failures';
export const endedCallFailures = putAsideCalls('remittance.callEndedDeadLetters', endedCallDeadLetters, endedCallFailuresGroup);

function putAsideCalls(name: string, topic: Topic, group: string): Pipeline<PutAsideCallsPorts, PutAsideCallsOptions> {
  return definePipeline({
    name,
    profile: 'remittance',
    options: failedEventOptions,
    source: ({ bus }: PutAsideCallsPorts) => bus.subscribe(topic, { group }),
    chain: (message$, ports, options) => {
      const log = (letters: readonly PutAsideCall[]): ReturnType<PutAsideCallStore['log']> => ports.putAsideCalls.log(letters, options.try);
      return message$.pipe(decodeDeadLetter(), mapEach(readPutAsideCall), mapChunk(log, options.log));
    },
  });
}

type PutAsideCallsOptions = ReturnType<typeof failedEventOptions.parse>;
