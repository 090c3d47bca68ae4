import { Observable, type Subscriber } from 'rxjs';
import type { Room, Settled, Source } from '../source.ts';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Delivery } from '../../message/message.ts';
import type { Run } from '../../message/run.ts';

/** A source of given deliveries, whose dead letters can be looked at. */
export interface MemorySource<V> extends Source<V> {
  readonly deadLetters: readonly DeadLetter[];
}

/** How a memory source reads. */
export interface MemorySourceOptions {
  /** Messages emitted at once at most; default 1,000. */
  readonly burst?: number;
  /** Called with each settling, before it counts; what it throws fails it. */
  readonly onSettle?: (settled: Settled) => void;
}

/**
 * A source of given deliveries, finite or endless: an array, a generator. Emits them in bursts as large as the room that it is
 * granted, completes at their end or when the run drains. After a restart it goes on above each partition's watermark, under
 * the next epoch, so what had settled above it is delivered again, as by a broker with offsets.
 * Memory: what was emitted above the watermarks. Costs less than 0.1 µs a message.
 */
export function memorySource<V = Uint8Array>(deliveries: Iterable<Delivery<V>>, options: MemorySourceOptions = {}): MemorySource<V> {
  return new IterableSource(deliveries, options);
}

/** What was emitted of a partition above its watermark; the part before `head` is settled. */
interface Emitted<V> {
  messages: Delivery<V>[];
  head: number;
}

class IterableSource<V> implements MemorySource<V> {
  readonly deadLetters: DeadLetter[] = [];
  readonly #burst: number;
  readonly #onSettle: ((settled: Settled) => void) | undefined;
  readonly #rest: Iterator<Delivery<V>>;
  #again: Delivery<V>[] = [];
  #emitted = new Map<string, Emitted<V>>();
  #peeked: Delivery<V> | undefined;
  #epoch = 0;

  constructor(deliveries: Iterable<Delivery<V>>, { burst = 1_000, onSettle }: MemorySourceOptions) {
    this.#burst = burst;
    this.#onSettle = onSettle;
    this.#rest = deliveries[Symbol.iterator]();
  }

  messages(run: Run, room: Room): Observable<Delivery<V>> {
    return new Observable((subscriber) => {
      this.#restart();
      const cutting = new AbortController();
      const stopped = AbortSignal.any([cutting.signal, run.signal, run.draining]);
      this.#read(room, stopped, subscriber).then(
        () => {
          if (!run.signal.aborted) subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
      return () => cutting.abort(new WeirError('cancelled', 'the subscription was cut'));
    });
  }

  async settle(settled: Settled): Promise<void> {
    await Promise.resolve();
    this.#onSettle?.(settled);
    for (const { partition, epoch, position } of settled.watermarks) {
      const emitted = this.#emitted.get(partition);
      if (!emitted || epoch !== this.#epoch) continue;
      const { messages } = emitted;
      while (emitted.head < messages.length && messages[emitted.head]?.position !== position) emitted.head += 1;
      emitted.head += 1;
      if (emitted.head * 2 < messages.length) continue;
      emitted.messages = messages.slice(emitted.head);
      emitted.head = 0;
    }
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    this.deadLetters.push(letter);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #restart(): void {
    const unsettled = [...this.#emitted.values()].flatMap(({ messages, head }) => messages.slice(head));
    const peeked = this.#peeked ? [this.#peeked] : [];
    this.#epoch += 1;
    this.#again = [...unsettled, ...peeked, ...this.#again].map((delivery) => ({ ...delivery, epoch: this.#epoch })).reverse();
    this.#peeked = undefined;
    this.#emitted = new Map();
  }

  async #read(room: Room, stopped: AbortSignal, subscriber: Subscriber<Delivery<V>>): Promise<void> {
    try {
      while (!stopped.aborted) {
        const first = this.#peek();
        if (first === undefined) return;
        const { partition } = first;
        const granted = await room.take(this.#burst, partition, stopped);
        const used = this.#emit(partition, granted, stopped, subscriber);
        if (used < granted) room.giveBack(granted - used, partition);
      }
    } catch (error) {
      if (!stopped.aborted) throw error;
    }
  }

  /** Emits what follows of one partition, up to the room. */
  #emit(partition: string, granted: number, stopped: AbortSignal, subscriber: Subscriber<Delivery<V>>): number {
    let emitted = this.#emitted.get(partition);
    if (!emitted) this.#emitted.set(partition, (emitted = { messages: [], head: 0 }));
    // Asking a signal costs as much as the rest of the loop.
    let isStopped = stopped.aborted;
    const stop = (): void => void (isStopped = true);
    stopped.addEventListener('abort', stop, { once: true });
    let used = 0;
    while (used < granted && !isStopped) {
      const delivery = this.#peek();
      if (delivery?.partition !== partition) break;
      this.#peeked = undefined;
      emitted.messages.push(delivery);
      used += 1;
      subscriber.next(delivery);
    }
    stopped.removeEventListener('abort', stop);
    return used;
  }

  #peek(): Delivery<V> | undefined {
    return (this.#peeked ??= this.#again.pop() ?? this.#next());
  }

  #next(): Delivery<V> | undefined {
    const next = this.#rest.next();
    if (next.done) return undefined;
    return next.value.epoch === this.#epoch ? next.value : { ...next.value, epoch: this.#epoch };
  }
}
