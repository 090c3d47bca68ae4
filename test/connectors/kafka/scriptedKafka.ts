import { EventEmitter } from 'node:events';
import type { Assigner, Consumer, ConsumerConfig, ConsumerRunConfig, Kafka } from 'kafkajs';
import type { GroupHooks } from '../../../src/connectors/kafka/rejoinHook.ts';

/** What a consumer does when it is run. */
export type Script = (client: ScriptedClient) => void;

/** A consumer that does nothing by itself but what its script says when it is run: the test says what it is told. */
export class ScriptedClient extends EventEmitter {
  readonly events = { GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', FETCH: 'fetch', STOP: 'stop', CRASH: 'crash' };
  readonly #partitions: readonly number[];
  readonly #script: Script;
  /** What it gives a batch to that it has read. */
  eachBatch: ConsumerRunConfig['eachBatch'];

  constructor(partitions: readonly number[], script: Script) {
    super();
    this.#partitions = partitions;
    this.#script = script;
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(): Promise<void> {
    return Promise.resolve();
  }

  run({ eachBatch }: ConsumerRunConfig = {}): Promise<void> {
    this.eachBatch = eachBatch;
    this.#script(this);
    return Promise.resolve();
  }

  /** Is let into its group. */
  join(): void {
    this.emit('join', { payload: { memberAssignment: { t: this.#partitions } } });
  }

  resume(): void {
    return undefined;
  }

  pause(): void {
    return undefined;
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends by itself, as by an answer of the broker. */
  crash(type: string): void {
    this.emit('crash', { payload: { error: Object.assign(new Error(type), { type }) } });
  }
}

/**
 * A client of kafkajs without a broker: its consumers, of the topic `t`, in the order in which they were made, with their hooks.
 * When they are run they join, or do what the script says.
 */
export function scriptedKafka(
  partitions: readonly number[] = [0],
  script: Script = (client) => client.join(),
): {
  readonly kafka: Kafka;
  readonly clients: readonly ScriptedClient[];
  readonly hooks: readonly (Assigner & Partial<GroupHooks>)[];
} {
  const clients: ScriptedClient[] = [];
  const hooks: (Assigner & Partial<GroupHooks>)[] = [];
  const consumer = ({ partitionAssigners = [] }: ConsumerConfig): Consumer => {
    hooks.push(...partitionAssigners.map((assigner) => assigner({} as Parameters<typeof assigner>[0])));
    const client = new ScriptedClient(partitions, script);
    clients.push(client);
    return client as unknown as Consumer;
  };
  return { kafka: { consumer } as unknown as Kafka, clients, hooks };
}
