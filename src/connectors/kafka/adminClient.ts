import type { Admin, Kafka } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { answered } from './client.ts';
import type { KafkaSettings } from './kafkaOptions.ts';

/** The asking end of a client. Connects when first used, and anew after a call that failed. */
export class AdminClient {
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  #opening: Promise<Admin> | undefined;
  #isClosed = false;

  constructor(kafka: Kafka, settings: KafkaSettings) {
    this.#kafka = kafka;
    this.#settings = settings;
  }

  /** Runs calls on the client. Rejects with a `WeirError`. */
  async use<T>(work: (admin: Admin) => Promise<T>, limitMs = this.#settings.timeLimitMs): Promise<T> {
    if (this.#isClosed) throw new WeirError('unavailable', 'the connection to Kafka was closed');
    this.#opening ??= this.#connect();
    const opening = this.#opening;
    try {
      return await answered(this.#settings, limitMs, opening.then(work));
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      void opening.then((admin) => admin.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const admin = await this.#opening?.catch(() => undefined);
    if (admin !== undefined) await answered(this.#settings, this.#settings.timeLimitMs, admin.disconnect()).catch(() => undefined);
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin();
    await admin.connect();
    return admin;
  }
}
