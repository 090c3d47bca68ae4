// Enters: dead letters of `depositedTopic`. Leaves: a row in the withdrawal failures for each, which brings a request back or tells a person.
// Guarantee: a letter is written once, however often it is read; no letter leaves a request without its withdrawal or its reason.
// Dead letters: what no row can hold, on a topic of their own that no pipeline reads, so that they never come back here.
import { decodeDeadLetter } from '../../operators/decodeDeadLetter.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { deadLetterTopic } from './deadLetterTopic.ts';
import { failedEventOptions } from './failedEventOptions.ts';
import { readFailedEvent, type FailedEvent } from './failedEvent.ts';
import type { FailedEventStore } from './failedEventStore.ts';
import { depositedTopic } from './remittanceTopics.ts';

export interface FailedEventsPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly failedEvents: FailedEventStore;
}

/** The dead letters of the event, read as a topic. */
export const depositedDeadLetters = deadLetterTopic(depositedTopic);

/** The group whose members share the dead letters. */
export const failedEventsGroup = 'cg-remittance-withdrawal-failures';

export const failedEvents = definePipeline({
  name: 'remittance.deadLetters',
  profile: 'remittance',
  options: failedEventOptions,
  source: ({ bus }: FailedEventsPorts) => bus.subscribe(depositedDeadLetters, { group: failedEventsGroup }),
  chain: (message$, ports, options) => {
    const log = (events: readonly FailedEvent[]): ReturnType<FailedEventStore['log']> => ports.failedEvents.log(events, options.try);
    return message$.pipe(decodeDeadLetter(), mapEach(readFailedEvent), mapChunk(log, options.log));
  },
});
