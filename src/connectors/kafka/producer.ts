import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { answered } from './client.ts';
import type { KafkaSettings } from './kafkaOptions.ts';

/**
 * The writing end of a client: keys go to partitions as the Java client puts them (murmur2), and a batch is durable when all
 * in-sync replicas have it. Not idempotent: kafkajs 2.2.4 then acknowledges messages that it loses when an answer is lost.
 *
 * States: none → (send) opening → open → none again when a call outlives its time limit, so that what may still be tried inside
 * the client ends with it; → closed.
 */
export class BatchProducer {
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  #opening: Promise<Producer> | undefined;
  #isClosed = false;

  constructor(kafka: Kafka, settings: KafkaSettings) {
    this.#kafka = kafka;
    this.#settings = settings;
  }

  /** Sends one batch for each partition. Await it before the next of the same keys: two at once may change their order. */
  async send(topic: string, messages: Message[]): Promise<void> {
    const { timeLimitMs } = this.#settings;
    const producer = await this.#open();
    const sent = producer.send({ topic, messages, acks: -1, timeout: timeLimitMs });
    try {
      await answered(this.#settings, 2 * timeLimitMs, sent);
    } catch (error) {
      if (error instanceof WeirError && error.code === 'timedOut') this.#forget(producer);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const producer = await this.#opening?.catch(() => undefined);
    if (producer !== undefined) await answered(this.#settings, this.#settings.timeLimitMs, producer.disconnect()).catch(() => undefined);
  }

  async #open(): Promise<Producer> {
    if (this.#isClosed) throw new WeirError('unavailable', 'the producer was closed');
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await answered(this.#settings, this.#settings.timeLimitMs, producer.connect());
      return producer;
    } catch (error) {
      this.#forget(producer);
      throw error;
    }
  }

  #forget(producer: Producer): void {
    this.#opening = undefined;
    void producer.disconnect().catch(() => undefined);
  }
}
