import kafkajs from 'kafkajs';
import { WeirError } from '../../errors.ts';

/** Answers that mean that this member's assignment is over: another one holds the partitions, or will. */
const over: ReadonlySet<string> = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);

/** Answers that mean that a batch is larger than its topic allows. */
const tooLarge: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/**
 * What the client threw, in our words. Every call of this connector may be repeated, so whatever may pass is transient, a lost
 * answer too; and so is a refusal, since a password, a right or a topic that is missing is no message's fault: all would fail alike
 * until somebody sets it right. An option that the broker does not take is a defect, since this process never gets another. A mistake in
 * the program stays what it is. `origin`: where the brokers were given.
 */
export function translateError(error: unknown, origin = ''): Error {
  if (error instanceof WeirError || error instanceof TypeError || error instanceof RangeError) return error;
  const root = rootOf(error);
  const type = typeOf(root);
  const options = { cause: error, kind: 'transient' } as const;
  if (root instanceof kafkajs.KafkaJSSASLAuthenticationError)
    return new WeirError('refused', 'Kafka refuses the user or its password', options);
  if (root instanceof kafkajs.KafkaJSGroupCoordinatorNotFound) {
    return new WeirError(
      'unavailable',
      'Kafka names no coordinator of the group: it is starting, or the right to read the group is missing',
      options,
    );
  }
  if (type === undefined) {
    const place = origin === '' ? '' : `: see ${origin}`;
    return new WeirError('unavailable', `Kafka cannot be reached or closed the connection${place}`, options);
  }
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new WeirError('notFound', 'a topic is missing in Kafka: run weir migrate', options);
  if (tooLarge.has(type)) return new WeirError('refused', 'Kafka refuses a batch as too large: raise max.message.bytes', options);
  if (type === 'INVALID_SESSION_TIMEOUT') {
    const sentence = 'it must lie within the limits of the broker, group.min.session.timeout.ms and group.max.session.timeout.ms';
    return new WeirError('invalidOption', `Kafka refuses kafka.sessionTimeoutMs: ${sentence}`, { ...options, kind: 'defect' });
  }
  if (type.endsWith('_AUTHORIZATION_FAILED')) return new WeirError('refused', `Kafka refuses a call: ${type}`, options);
  return new WeirError('unavailable', `Kafka answers ${type}`, options);
}

/** Whether the broker says that what was read belongs to somebody else by now. */
export function isOver(error: unknown): boolean {
  const type = typeOf(rootOf(error));
  return type !== undefined && over.has(type);
}

/** Whether the broker says that a batch is too large for its topic: it will say so again. */
export function isTooLarge(error: unknown): boolean {
  const type = typeOf(rootOf(error));
  return type !== undefined && tooLarge.has(type);
}

/** The client wraps what it has tried several times, and gathers what it has asked of several topics at once. */
function rootOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return rootOf(error.errors[0]);
  return error.cause === undefined ? error : rootOf(error.cause);
}

function typeOf(error: unknown): string | undefined {
  return error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : undefined;
}
