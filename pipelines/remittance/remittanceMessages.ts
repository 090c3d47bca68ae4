import type { OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import { encodeNamedRow } from './namedRow.ts';
import { depositedTopic, dueCallTopic, endedCallTopic } from './remittanceTopics.ts';

/** A call that is due: an event for each time at which it is. */
export function dueCallMessage({ callId }: { readonly callId: bigint }, dueAt: Date): OutboxMessage {
  const key = callId.toString();
  return { topic: dueCallTopic, id: `${dueCallTopic.name}:${key}:${dueAt.getTime()}`, key, value: encodeNamedRow({ id: callId }) };
}

/** A call that has ended and waits for the ledger: the same event however often it is published. */
export function endedCallMessage(call: { readonly callId: bigint; readonly requestId: bigint }, notBefore?: Date): OutboxMessage {
  const id = `${endedCallTopic.name}:${call.callId}`;
  return { topic: endedCallTopic, id, key: call.requestId.toString(), value: encodeNamedRow({ id: call.callId }), ...timeOf(notBefore) };
}

/** A request whose money is on the pooled account: the same event however often it is published. */
export function depositedMessage(requestId: bigint, notBefore?: Date): OutboxMessage {
  const key = requestId.toString();
  return {
    topic: depositedTopic,
    id: `${depositedTopic.name}:${key}`,
    key,
    value: encodeNamedRow({ id: requestId }),
    ...timeOf(notBefore),
  };
}

function timeOf(notBefore: Date | undefined): Pick<OutboxMessage, 'notBefore'> {
  return notBefore === undefined ? {} : { notBefore };
}
