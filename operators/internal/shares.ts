import type { Envelope, Open } from '../../src/message/message.ts';
import type { Share } from '../effectOptions.ts';
import type { Waits } from './waits.ts';

/** A message whose turn it is, and how long it was held back. */
export interface Work<V> {
  readonly message: Open<V>;
  readonly heldMs: number;
}

/** What becomes of a message that had to wait for its key. */
export interface ShareEnds<V> {
  /** Its key has room: it may be taken again. */
  resume(work: Work<V>): void;
  /** It waited for `holdMs` and its key does not move. */
  expire(work: Work<V>): void;
  /** The run drains. */
  release(work: Work<V>): void;
}

interface Key<V> {
  readonly name: string;
  taken: number;
  /** Whether its last call went wrong in a way that may pass, or that nobody can judge. */
  isTroubled: boolean;
  /** Effects that ended. */
  ended: number;
  readonly parked: Set<Parked<V>>;
}

interface Parked<V> {
  readonly work: Work<V>;
  readonly sinceMs: number;
  endedBefore: number;
  cancel: () => void;
}

/**
 * Slots by key, so that a key that hangs or is pushed back holds its share of them and not all. What is over the share waits
 * without a slot: as long as its key moves, in line; else for `holdMs` and is then put off, so that it does not fill the window.
 * Memory: the keys and messages in slots and in wait; a key with neither is forgotten.
 */
export class Shares<V> {
  readonly #share: Share<V>;
  readonly #holdMs: number;
  readonly #ends: ShareEnds<V>;
  readonly #keys = new Map<string, Key<V>>();
  readonly #held = new Map<Envelope, Key<V>>();

  constructor(share: Share<V>, holdMs: number, ends: ShareEnds<V>) {
    this.#share = share;
    this.#holdMs = holdMs;
    this.#ends = ends;
  }

  /** Keys that it remembers. */
  get size(): number {
    return this.#keys.size;
  }

  /** True when the message has one of its key's slots now; it gives it back by `leave`. Else it waits. */
  take(work: Work<V>, waits: Waits): boolean {
    const name = this.#share.keyOf(work.message.value);
    const key = this.#keys.get(name) ?? { name, taken: 0, isTroubled: false, ended: 0, parked: new Set() };
    this.#keys.set(name, key);
    if (key.taken >= this.#share.concurrency) {
      this.#park(key, work, waits);
      return false;
    }
    key.taken += 1;
    this.#held.set(work.message.envelope, key);
    return true;
  }

  /** A call for the message went wrong in a way that may pass, or that nobody can judge. */
  troubled({ envelope }: Open<V>): void {
    const key = this.#held.get(envelope);
    if (key) key.isTroubled = true;
  }

  /** A call for the message was answered. */
  answered({ envelope }: Open<V>): void {
    const key = this.#held.get(envelope);
    if (key) key.isTroubled = false;
  }

  /** The message gives its slot back, if it had one. */
  leave(envelope: Envelope): void {
    const key = this.#held.get(envelope);
    if (key === undefined) return;
    this.#held.delete(envelope);
    key.taken -= 1;
    key.ended += 1;
    const [next] = key.parked;
    if (next !== undefined) {
      next.cancel();
      key.parked.delete(next);
      const heldMs = next.work.heldMs + next.work.message.envelope.run.clock.elapsedMs() - next.sinceMs;
      this.#ends.resume({ ...next.work, heldMs });
    } else if (key.taken === 0) {
      this.#keys.delete(key.name);
    }
  }

  #park(key: Key<V>, work: Work<V>, waits: Waits): void {
    const sinceMs = work.message.envelope.run.clock.elapsedMs();
    const parked: Parked<V> = { work, sinceMs, endedBefore: key.ended, cancel: () => undefined };
    key.parked.add(parked);
    this.#wait(key, parked, waits);
  }

  #wait(key: Key<V>, parked: Parked<V>, waits: Waits): void {
    parked.cancel = waits.start(this.#holdMs, (isDrained) => {
      if (!isDrained && !key.isTroubled && key.ended > parked.endedBefore) {
        parked.endedBefore = key.ended;
        this.#wait(key, parked, waits);
        return;
      }
      key.parked.delete(parked);
      if (isDrained) this.#ends.release(parked.work);
      else this.#ends.expire(parked.work);
    });
  }
}
