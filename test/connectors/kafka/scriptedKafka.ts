import { EventEmitter } from 'node:events';
import type { Assigner, Consumer, ConsumerConfig, Kafka } from 'kafkajs';
import type { GroupHooks } from '../../../src/connectors/kafka/rejoinHook.ts';

/** A consumer that does nothing by itself but join when it is run: the test says what it is told. */
export class ScriptedClient extends EventEmitter {
  readonly events = { GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', FETCH: 'fetch', STOP: 'stop', CRASH: 'crash' };
  readonly #partitions: readonly number[];

  constructor(partitions: readonly number[]) {
    super();
    this.#partitions = partitions;
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(): Promise<void> {
    return Promise.resolve();
  }

  run(): Promise<void> {
    this.emit('join', { payload: { memberAssignment: { t: this.#partitions } } });
    return Promise.resolve();
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

/** A client of kafkajs without a broker: its consumers, of the topic `t`, in the order in which they were made, with their hooks. */
export function scriptedKafka(partitions: readonly number[] = [0]): {
  readonly kafka: Kafka;
  readonly clients: readonly ScriptedClient[];
  readonly hooks: readonly (Assigner & Partial<GroupHooks>)[];
} {
  const clients: ScriptedClient[] = [];
  const hooks: (Assigner & Partial<GroupHooks>)[] = [];
  const consumer = ({ partitionAssigners = [] }: ConsumerConfig): Consumer => {
    hooks.push(...partitionAssigners.map((assigner) => assigner({} as Parameters<typeof assigner>[0])));
    const client = new ScriptedClient(partitions);
    clients.push(client);
    return client as unknown as Consumer;
  };
  return { kafka: { consumer } as unknown as Kafka, clients, hooks };
}
