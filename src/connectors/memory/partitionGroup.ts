import type { Outgoing } from '../sink.ts';

/** A message of a partition, with its place and its deliveries so far, this one included. */
export interface Fetched {
  readonly offset: number;
  readonly attempt: number;
  readonly message: Outgoing;
}

/**
 * Where one group is in one partition.
 *
 * A partition belongs to one member at a time. It goes to another only when nothing of it is in flight, or when its owner has
 * left; so the order of a key holds across members. What an owner had in flight when it left is delivered again first, by
 * offset, with one attempt more. Each change of owner is a new epoch.
 */
export class PartitionGroup {
  readonly name: string;
  readonly #log: readonly Outgoing[];
  #owner: object | undefined;
  #epoch = 0;
  #next = 0;
  #again: number[] = [];
  readonly #attempts = new Map<number, number>();
  readonly #inFlight = new Set<number>();

  constructor(name: string, log: readonly Outgoing[]) {
    this.name = name;
    this.#log = log;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Messages that are not in flight and not settled. */
  get waiting(): number {
    return this.#again.length + this.#log.length - this.#next;
  }

  /** Messages that are not settled. */
  get unsettled(): number {
    return this.waiting + this.#inFlight.size;
  }

  /** Who may read it now; undefined when it is free. */
  get owner(): object | undefined {
    return this.#owner;
  }

  /** Makes `member` the owner if the partition is free. */
  take(member: object): boolean {
    if (this.#owner === member) return true;
    if (this.#owner !== undefined && this.#inFlight.size > 0) return false;
    this.#owner = member;
    this.#epoch += 1;
    return true;
  }

  /** The next message of the partition, now in flight; undefined when there is none. */
  fetch(): Fetched | undefined {
    const offset = this.#again.shift() ?? this.#next;
    const message = this.#log[offset];
    if (message === undefined) return undefined;
    if (offset === this.#next) this.#next += 1;
    const attempt = (this.#attempts.get(offset) ?? 0) + 1;
    this.#attempts.set(offset, attempt);
    this.#inFlight.add(offset);
    return { offset, attempt, message };
  }

  /** A message has ended. What was read under an older epoch belongs to its new owner and is left alone. */
  settle(offset: number, epoch: number): void {
    if (epoch !== this.#epoch) return;
    if (!this.#inFlight.delete(offset)) this.#again = this.#again.filter((other) => other !== offset);
    this.#attempts.delete(offset);
  }

  /** The owner leaves: what it had in flight is to be delivered again. */
  leave(member: object): void {
    if (this.#owner !== member) return;
    this.#owner = undefined;
    this.#again = [...this.#inFlight, ...this.#again].sort((a, b) => a - b);
    this.#inFlight.clear();
  }
}
