/** A message that was taken. */
export interface ReceivedText {
  readonly id: string;
  readonly receivedAt: Date;
  readonly to: string;
  readonly text: string;
  readonly idempotencyKey: string;
  /** How often it was asked for; more than once is no double: it was sent once. */
  readonly requests: number;
}

/** The messages of an SMS endpoint, in memory, each under its idempotency key. */
export class SmsStore {
  readonly #now: () => Date;
  readonly #byKey = new Map<string, ReceivedText>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  get count(): number {
    return this.#byKey.size;
  }

  /** Takes a message, or finds the one that has this key already; `conflict` when that one is another message. */
  take(idempotencyKey: string, to: string, text: string): ReceivedText | 'conflict' {
    const known = this.#byKey.get(idempotencyKey);
    if (known !== undefined && (known.to !== to || known.text !== text)) return 'conflict';
    const taken: ReceivedText =
      known === undefined
        ? { id: `sms-${this.#byKey.size + 1}`, receivedAt: this.#now(), to, text, idempotencyKey, requests: 1 }
        : { ...known, requests: known.requests + 1 };
    this.#byKey.set(idempotencyKey, taken);
    return taken;
  }

  /** The messages in the order they came, those whose number contains `to` where it is given. */
  received(to = ''): readonly ReceivedText[] {
    return [...this.#byKey.values()].filter((message) => message.to.includes(to));
  }

  clear(): void {
    this.#byKey.clear();
  }
}
