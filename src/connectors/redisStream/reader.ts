import { kindOf, WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import { pause } from '../../message/pause.ts';
import type { Connection } from '../redis/connection.ts';
import { contentOf, type Entry } from './entry.ts';
import type { Held } from './inFlight.ts';
import { OwnPending } from './ownPending.ts';
import type { Reading } from './reading.ts';
import { StreamRead } from './streamRead.ts';

/** Waits after failures. */
const afterFailure = { firstMs: 50, maxMs: 5_000 };

/**
 * One reader of a subscription: one consumer of the group, with a connection of its own.
 *
 * Each round reserves room and fills it from the first of these that has something: what this process holds from an earlier
 * subscription; its own pending entries that it does not hold (after a restart or a lost answer), those over the delivery limit
 * last and each alone; entries of dead readers, when it is time to look for them; new ones. All of it happens in one loop, so
 * that an entry whose answer is still under way is never taken for a lost one.
 */
export class Reader {
  readonly #reading: Reading;
  readonly #consumer: string;
  readonly #partition: string;
  readonly #index: number;
  readonly #activity: string;
  readonly #read: StreamRead;
  readonly #own: OwnPending;
  #backlog: Held[] = [];
  /** Entries over the delivery limit; each is delivered alone. */
  #suspects: (() => Promise<readonly Held[]>)[] = [];
  #isPrepared = false;
  #failures = 0;

  /** `index`: which of the source's readers it is, from 0. */
  constructor(reading: Reading, consumer: string, index: number, blocking: Connection) {
    this.#reading = reading;
    this.#consumer = consumer;
    this.#index = index;
    this.#partition = `${reading.topic.name}/${index + 1}`;
    this.#activity = `read ${this.#partition} ${reading.group.group}`;
    this.#read = new StreamRead(reading, consumer, blocking);
    this.#own = new OwnPending(reading, consumer);
  }

  /** Reads until it is stopped. Rejects with what will not pass by itself: a refusal of Redis, or a defect. */
  async run(): Promise<void> {
    const { stopped } = this.#reading;
    const unblock = (): void => void this.#read.end();
    stopped.addEventListener('abort', unblock, { once: true });
    try {
      while (!stopped.aborted) await this.#round();
    } catch (error) {
      if (!stopped.aborted) throw error;
    } finally {
      stopped.removeEventListener('abort', unblock);
    }
  }

  async #round(): Promise<void> {
    const { room, settings, stopped, gate, states } = this.#reading;
    let left = await room.take(settings.readCount, this.#partition, stopped);
    const emit = (some: readonly Held[]): void => void (left -= this.#emit(some));
    try {
      if (this.#suspects.length > 0 && this.#backlog.length === 0 && !this.#own.isDue) await this.#deliverAlone(emit);
      else {
        states.asks(this.#index);
        const some = await this.#next(left);
        states.answered(this.#index);
        while (gate.closed) await gate.closed;
        emit(some);
      }
      this.#failures = 0;
      this.#reading.outage.worked(this.#activity);
    } catch (error) {
      await this.#backOff(error);
    } finally {
      if (left > 0) room.giveBack(left, this.#partition);
    }
  }

  async #next(limit: number): Promise<readonly Held[]> {
    if (!this.#isPrepared) await this.#prepare();
    // What another reader has claimed meanwhile is that one's to deliver.
    if (this.#backlog.length > 0) return this.#backlog.splice(0, limit).filter(({ consumer }) => consumer === this.#consumer);
    if (this.#own.isDue) return this.#recover(limit);
    if (this.#suspects.length > 0) return [];
    const { claims } = this.#reading;
    if (claims.inMs <= 0) {
      await claims.run(() => this.#claim(limit));
      return [];
    }
    const entries = await this.#read.entries(limit, Math.min(claims.inMs, this.#own.inMs));
    return this.#hold(entries.map((entry) => ({ entry, attempt: 1 })));
  }

  /** What is held from before is ours to deliver, unless another process has claimed it meanwhile. */
  async #prepare(): Promise<void> {
    const { group, inFlight, epoch, trimmed } = this.#reading;
    // This process has read it before: it was made anew, and nobody knows what was in it.
    if ((await group.create()) && epoch > 1) trimmed(1);
    const ids = inFlight.of(this.#consumer).map(({ delivery }) => delivery.position);
    inFlight.remove(await group.renew(this.#consumer, ids));
    this.#backlog = [];
    this.#suspects = [];
    this.#deliverHeld(inFlight.of(this.#consumer));
    this.#isPrepared = true;
  }

  /** What is held and not emitted is this reader's to deliver from now on. */
  #deliverHeld(found: readonly Held[]): void {
    const { inFlight, settings, epoch } = this.#reading;
    const held = found.map(({ delivery }) => inFlight.add({ ...delivery, epoch, partition: this.#partition }, this.#consumer));
    const isSuspect = ({ delivery }: Held): boolean => delivery.refusal === undefined && delivery.attempt > settings.deliveryLimit;
    this.#backlog.push(...held.filter((one) => !isSuspect(one)));
    this.#suspects.push(...held.filter(isSuspect).map((one) => () => Promise.resolve(one.consumer === this.#consumer ? [one] : [])));
  }

  /** Pending entries of this consumer that nobody holds: delivered again, with one delivery more. */
  async #recover(limit: number): Promise<readonly Held[]> {
    const { settings } = this.#reading;
    const found = await this.#own.next(limit);
    const isSuspect = (id: string): boolean => found.get(id) === settings.deliveryLimit;
    const ids = [...found.keys()];
    for (const id of ids.filter(isSuspect)) this.#suspects.push(() => this.#redeliver([id], found));
    return this.#redeliver(
      ids.filter((id) => !isSuspect(id)),
      found,
    );
  }

  async #redeliver(ids: readonly string[], deliveries: ReadonlyMap<string, number>): Promise<readonly Held[]> {
    const { entries, trimmedCount } = await this.#reading.group.redeliver(this.#consumer, ids);
    this.#reading.trimmed(trimmedCount);
    return this.#hold(entries.map((entry) => ({ entry, attempt: (deliveries.get(String(entry[0])) ?? 0) + 1 })));
  }

  /** Takes entries of dead readers over; they are then this consumer's own pending ones. */
  async #claim(limit: number): Promise<boolean> {
    const { group, inFlight, claims, settings } = this.#reading;
    const { cursor, ids, trimmedIds } = await group.claimIdle(this.#consumer, settings.idleLimitMs, claims.cursor, limit);
    claims.cursor = cursor;
    // Of a reader of this process that has not begun again since an outage: nobody else would deliver it.
    const moved = ids.flatMap((id) => inFlight.move(id, this.#consumer) ?? []);
    this.#deliverHeld(moved.filter(({ isEmitted }) => !isEmitted));
    // What is held here is being worked on: trimmed or not, it is not lost.
    this.#reading.trimmed(trimmedIds.filter((id) => !inFlight.has(id)).length);
    if (ids.length > 0) this.#own.due();
    return ids.length > 0 || (await group.pendingCount()) > inFlight.size;
  }

  async #deliverAlone(emit: (some: readonly Held[]) => void): Promise<void> {
    const { gate, stopped } = this.#reading;
    const [suspect] = this.#suspects;
    await gate.alone(async () => {
      if (suspect === undefined || stopped.aborted) return;
      emit(await suspect());
      this.#suspects.shift();
    });
  }

  #hold(entries: readonly { readonly entry: Entry; readonly attempt: number }[]): readonly Held[] {
    const { inFlight, topic, epoch, settings } = this.#reading;
    const held: Held[] = [];
    for (const { entry, attempt } of entries) {
      const position = entry[0].toString('latin1');
      if (inFlight.has(position)) continue;
      const content = contentOf(entry[1] ?? [], topic.maxSizeBytes);
      const delivery = { ...content, partition: this.#partition, epoch, position, attempt };
      held.push(
        inFlight.add(attempt > settings.deliveryLimit + 1 ? { ...delivery, refusal: tooOften(attempt) } : delivery, this.#consumer),
      );
    }
    return held;
  }

  /** What is not emitted any more, since the subscription was cut, stays held for the next one. */
  #emit(some: readonly Held[]): number {
    const { cut, inFlight, emit } = this.#reading;
    let count = 0;
    for (const held of some) {
      if (cut.aborted) break;
      count += 1;
      inFlight.emit(held);
      emit(held.delivery);
    }
    return count;
  }

  /** A lost answer may have delivered entries to this consumer, so it looks for its own pending ones after every failure. */
  async #backOff(error: unknown): Promise<void> {
    const { settings, stopped, outage, states } = this.#reading;
    if (stopped.aborted) return;
    if (!(error instanceof WeirError) || kindOf(error) !== 'transient' || error.code === 'refused') throw error;
    states.failed(this.#index, error);
    outage.failed(this.#activity, error);
    this.#own.due();
    this.#failures += 1;
    await pause(settings.clock, backOffMs(afterFailure, this.#failures, settings.clock), stopped);
  }
}

function tooOften(attempt: number): WeirError {
  return new WeirError('deliveryLimit', `delivered ${attempt - 1} times without an end, the last time alone`);
}
