// Enters: dead letters of `emailTopic`. Leaves: a row in `email_fail_log` for each, which operators see and send again from.
// Guarantee: a letter is logged once, however often it is read; one of a refused mail completes the row that was written with the
// refusal.
// Dead letters: what no row can hold, on a topic of their own that no pipeline reads, so that they never come back here.
import { decodeDeadLetter } from '../../operators/decodeDeadLetter.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { deadLettersOptions } from './deadLettersOptions.ts';
import { emailTopic } from './dispatchedBill.ts';
import { readFailedMail } from './failedMail.ts';
import type { FailLogStore } from './failLogStore.ts';

export interface DeadLettersPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly failures: FailLogStore;
}

/** The dead letters of bills, read as a topic, and kept for those who replay them. Larger than any message of theirs: what was put aside for its size is logged too. */
export const emailDeadLetters = {
  name: emailTopic.deadLetters,
  deadLetters: `${emailTopic.deadLetters}.unlogged`,
  partitions: 1,
  maxSizeBytes: 16_777_216,
  retainMs: 90 * 86_400_000, // logged letters can still be replayed
} as const;

/** The group whose members share the dead letters. */
export const deadLettersGroup = 'cg-billing-email-fail-log';

export const deadLetters = definePipeline({
  name: 'billing.deadLetters',
  profile: 'consumer',
  options: deadLettersOptions,
  source: ({ bus }: DeadLettersPorts) => bus.subscribe(emailDeadLetters, { group: deadLettersGroup }),
  chain: (message$, { failures }, { log }) => message$.pipe(decodeDeadLetter(), mapEach(readFailedMail), mapChunk(failures.log, log)),
});
