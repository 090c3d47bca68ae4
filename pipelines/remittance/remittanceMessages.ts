import type { OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import { encodeNamedRow } from './namedRow.ts';
import { depositedTopic, dueCallTopic, endedCallTopic } from './remittanceTopics.ts';

/** A call that is due: an event for each time at which it is. A new one follows from a message about its request. */
export function dueCallMessage(call: { readonly callId: bigint; readonly requestId?: bigint }, dueAt: Date): OutboxMessage {
  const { callId, requestId } = call;
  const key = callId.toString();
  const id = `${dueCallTopic.name}:${key}:${dueAt.getTime()}`;
  const follows = requestId?.toString();
  return { topic: dueCallTopic, id, key, value: encodeNamedRow({ id: callId }), ...(follows !== undefined && { follows }) };
}

/** A call that has ended and waits for the ledger: the same event however often it is published. */
export function endedCallMessage(call: { readonly callId: bigint; readonly requestId: bigint }, notBefore?: Date): OutboxMessage {
  const { callId, requestId } = call;
  const id = `${endedCallTopic.name}:${callId}`;
  const [key, follows] = [requestId.toString(), callId.toString()];
  return { topic: endedCallTopic, id, key, follows, value: encodeNamedRow({ id: callId }), ...timeOf(notBefore) };
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
