// Parts of kafkajs 2.2.4 that it does not export and this connector mends. Checked by tests: a change of theirs fails one.

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  import type { Assigner, Batch, TopicPartitions } from 'kafkajs';

  /** What was answered for a partition. */
  export interface FetchedBatch extends Batch {
    /** The offset that was asked for. */
    readonly fetchedOffset: string;
  }

  export default class ConsumerGroup {
    readonly groupId: string;
    readonly assigners: readonly Assigner[];
    memberId: string | null;
    generationId: number | null;
    readonly coordinator: { heartbeat(payload: object): Promise<unknown> } | null;
    /** A new one for each assignment. */
    readonly offsetManager: { nextOffset(topic: string, partition: number): { toString(): string } };
    readonly maxWaitTime: number;
    readonly subscriptionState: { assigned(): TopicPartitions[] };
    isPaused(topic: string, partition: number): boolean;
    /** The partitions that a broker leads. Throws where the leaders are not known. */
    filterPartitionsByNode(nodeId: string, topicPartitions: TopicPartitions[]): TopicPartitions[];
    resume(topicPartitions: TopicPartitions[]): void;
    joinAndSync(): Promise<void>;
    recoverFromOffsetOutOfRange(error: { readonly topic: string; readonly partition: number }): Promise<void>;
    /** One for each partition that was asked for and is not paused, empty or not. */
    fetch(nodeId: string): Promise<readonly FetchedBatch[]>;
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}
