import type { OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import { encodeAgain, type LinkRequest } from './linkRequest.ts';
import { linkTopic } from './linkTopic.ts';

/** A request that stands, to be tried again: an event for each time at which it is. */
export function againMessage(link: Omit<LinkRequest, 'accountNumber'> & { readonly linkId: bigint }, at: Date): OutboxMessage {
  const { linkId, accountId } = link;
  return { topic: linkTopic, id: `${linkTopic.name}:${linkId}:${at.getTime()}`, key: accountId, value: encodeAgain(link) };
}
