import { Partitioners, type ICustomPartitioner, type Kafka, type Message, type Producer } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import { pause } from '../../message/pause.ts';
import { answered } from './client.ts';
import type { KafkaSettings } from './kafkaOptions.ts';

/** Tries of a call that may pass, and waits between them. */
const tries = 5;
const betweenTries = { firstMs: 100, maxMs: 1_000 };

/** A client, and what it may do. */
interface Opened {
  readonly producer: Producer;
  /** Aborted when a call was given up: then it writes nothing more. */
  readonly givenUp: AbortController;
}

/**
 * The writing end of a client: keys go to partitions as the Java client puts them (murmur2), and a batch is durable when all
 * in-sync replicas have it. Not idempotent: kafkajs 2.2.4 then acknowledges messages that it loses when an answer is lost.
 *
 * States: none → (send) opening → open → none again when it cannot connect, or when a call fails for the moment or outlives its time
 * limit: the next try has a new client; → closed. What the old client would still try of such a call is not written, not behind what
 * was sent later; only a request that is on its way may be.
 */
export class BatchProducer {
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  #opening: Promise<Opened> | undefined;
  #isClosed = false;

  constructor(kafka: Kafka, settings: KafkaSettings) {
    this.#kafka = kafka;
    this.#settings = settings;
  }

  /**
   * Sends one batch for each partition, all of them again where one was not taken. Await it before the next of the same keys: two at
   * once may change their order.
   */
  async send(topic: string, messages: Message[]): Promise<void> {
    const { clock, timeLimitMs } = this.#settings;
    const untilMs = clock.elapsedMs() + 2 * timeLimitMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#sendOnce(topic, messages);
        return;
      } catch (error) {
        const isLast = attempt === tries || clock.elapsedMs() > untilMs || this.#isClosed;
        if (isLast || !(error instanceof WeirError) || error.code !== 'unavailable') throw error;
        await pause(clock, backOffMs(betweenTries, attempt, clock));
      }
    }
  }

  async #sendOnce(topic: string, messages: Message[]): Promise<void> {
    const { timeLimitMs } = this.#settings;
    const opening = this.#open();
    const opened = await opening;
    const sent = opened.producer.send({ topic, messages, acks: -1, timeout: timeLimitMs });
    try {
      await answered(this.#settings, 2 * timeLimitMs, sent);
    } catch (error) {
      // A connection that is silent stays so: the next call has a new one.
      if (error instanceof WeirError && error.kind === 'transient') this.#forget(opening, opened, sent);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await this.#opening?.catch(() => undefined);
    if (opened !== undefined)
      await answered(this.#settings, this.#settings.timeLimitMs, opened.producer.disconnect()).catch(() => undefined);
  }

  #open(): Promise<Opened> {
    if (this.#isClosed) return Promise.reject(new WeirError('unavailable', 'the producer was closed'));
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async #connect(): Promise<Opened> {
    const givenUp = new AbortController();
    const producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      // Tries are ours: its own asks only brokers that have not answered, and so takes a batch whose leader moved to one that has for sent.
      retry: { retries: 0 },
      createPartitioner: partitionerUntil(givenUp.signal),
    });
    try {
      await answered(this.#settings, this.#settings.timeLimitMs, producer.connect());
      return { producer, givenUp };
    } catch (error) {
      this.#opening = undefined;
      void producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** Whatever the client still tries connects it anew, so it is disconnected again when that is over. */
  #forget(opening: Promise<Opened>, { producer, givenUp }: Opened, sent: Promise<unknown>): void {
    if (this.#opening === opening) this.#opening = undefined;
    givenUp.abort(new WeirError('unavailable', 'a call to Kafka was given up', { kind: 'transient' }));
    const disconnect = (): Promise<void> => producer.disconnect().catch(() => undefined);
    void disconnect();
    void sent.then(disconnect, disconnect);
  }
}

/** The partitioner of the Java client. It is asked in each of the client's tries, before it writes: so none is made after the signal. */
function partitionerUntil(givenUp: AbortSignal): ICustomPartitioner {
  return () => {
    const partitionOf = Partitioners.DefaultPartitioner();
    return (message) => {
      givenUp.throwIfAborted();
      return partitionOf(message);
    };
  };
}
