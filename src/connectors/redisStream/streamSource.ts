import { Observable, type Subscriber } from 'rxjs';
import type { Topic } from '../bus.ts';
import type { Room, Settled, Source } from '../source.ts';
import { SourceRecord, type SourceStatus } from '../sourceStatus.ts';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Delivery } from '../../message/message.ts';
import type { Run } from '../../message/run.ts';
import type { BlockProbe } from './blockProbe.ts';
import { ClaimSchedule } from './claimSchedule.ts';
import type { Connection } from '../redis/connection.ts';
import { writeDeadLetter } from './writeDeadLetter.ts';
import { Gate } from './gate.ts';
import { InFlight } from './inFlight.ts';
import { maintain } from './maintain.ts';
import type { Outage } from '../outage.ts';
import { Reader } from './reader.ts';
import type { ConnectReader } from './readerConnections.ts';
import { ReaderStates } from './readerStates.ts';
import type { RedisStreamSettings } from './redisStreamOptions.ts';
import { StreamGroup } from './streamGroup.ts';
import { translateError } from '../redis/translateError.ts';
import { untilSettled } from '../untilSettled.ts';
import { repeat } from '../../message/waiting.ts';

/** Parts of a bus that its sources share. */
export interface SharedParts {
  readonly settings: RedisStreamSettings;
  readonly commands: Connection;
  readonly connectReader: ConnectReader;
  readonly probe: BlockProbe;
  readonly outage: Outage;
}

/**
 * Reads one stream as a member of a group, with one or more readers, each with a connection of its own.
 *
 * Delivery is at least once; order holds for the entries of one reader. The partition is `stream/reader`, the position is the
 * entry's id. Every settled entry is acknowledged by itself, so watermarks mean nothing here.
 */
export class StreamSource implements Source {
  readonly #topic: Topic;
  readonly #parts: SharedParts;
  readonly #group: StreamGroup;
  readonly #consumers: readonly string[];
  readonly #blocking: readonly Connection[];
  readonly #inFlight = new InFlight();
  readonly #record: SourceRecord;
  readonly #states: ReaderStates;
  readonly #closing = new AbortController();
  #epoch = 0;
  /** Ends of the subscriptions so far: the next one begins when they have left the connections. */
  #ended: Promise<void> = Promise.resolve();
  #endMaintenance: (() => void) | undefined;
  #endRenewal: (() => void) | undefined;

  constructor(topic: Topic, group: string, readers: number, parts: SharedParts) {
    const { clock, instance, timeLimitMs } = parts.settings;
    this.#topic = topic;
    this.#parts = parts;
    this.#group = new StreamGroup(topic.name, group, parts.commands);
    this.#consumers = Array.from({ length: readers }, (_, index) => `${instance}-${index + 1}`);
    this.#record = new SourceRecord(clock, timeLimitMs);
    this.#states = new ReaderStates(clock, this.#record, readers);
    this.#blocking = this.#consumers.map(parts.connectReader);
  }

  messages(run: Run, room: Room): Observable<Delivery> {
    return new Observable((subscriber) => {
      const stopping = new AbortController();
      const cutting = new AbortController();
      const cut = (): void => {
        cutting.abort(new WeirError('cancelled', 'the subscription was cut'));
        stopping.abort(cutting.signal.reason);
      };
      const stopped = AbortSignal.any([stopping.signal, run.draining, run.signal, this.#closing.signal]);
      const signals = { stopped, cut: AbortSignal.any([cutting.signal, run.signal, this.#closing.signal]) };
      this.#ended = this.#ended.then(() => this.#read(room, signals, subscriber, () => stopping.abort(signals.cut.reason)));
      return cut;
    });
  }

  async settle({ messages }: Settled): Promise<void> {
    const ids = messages.map(({ envelope }) => envelope.position);
    const how = { ...this.#parts, activity: this.#activity('settle'), closing: this.#closing.signal };
    await untilSettled(how, async () => {
      await this.#group.acknowledge(ids);
      this.#inFlight.remove(ids);
    });
  }

  async deadLetter(letter: DeadLetter): Promise<void> {
    await writeDeadLetter(this.#parts.commands, this.#topic.deadLetters, letter);
  }

  /** Entries that were never delivered, and those that were but are not in flight in this process; undefined when nobody knows. */
  async lag(): Promise<number | undefined> {
    const undelivered = await this.#group.undelivered();
    if (undelivered === undefined) return undefined;
    if (undelivered === 0 && this.#epoch === 0) return 0;
    return undelivered + Math.max(0, (await this.#group.pendingCount()) - this.#inFlight.emitted);
  }

  status(): SourceStatus {
    return this.#record.status(this.#states.partitions());
  }

  /** Stops reading, removes this process's consumers where they own nothing, and ends their connections. */
  async close(): Promise<void> {
    this.#closing.abort(new WeirError('cancelled', 'the source was closed'));
    await this.#ended;
    this.#endRenewal?.();
    this.#endMaintenance?.();
    // A consumer that cannot be removed now is removed as a stale one by another process.
    if (this.#epoch > 0) await Promise.allSettled(this.#consumers.map((consumer) => this.#group.removeConsumer(consumer, 0)));
    await Promise.all(this.#blocking.map((connection) => connection.close()));
  }

  async #read(
    room: Room,
    signals: { readonly stopped: AbortSignal; readonly cut: AbortSignal },
    subscriber: Subscriber<Delivery>,
    stopAll: () => void,
  ): Promise<void> {
    const isCut = (): boolean => signals.cut.aborted;
    if (isCut()) return;
    const { settings, commands, probe, outage } = this.#parts;
    const { clock, claimMinMs, claimMaxMs } = settings;
    this.#epoch += 1;
    this.#record.assigned();
    this.#inFlight.release();
    this.#startTimers();
    const reading = {
      ...{ settings, commands, probe, outage, room, states: this.#states, ...signals },
      ...{ topic: this.#topic, epoch: this.#epoch, group: this.#group, inFlight: this.#inFlight },
      gate: new Gate(this.#inFlight, signals.cut),
      claims: new ClaimSchedule(clock, claimMinMs, claimMaxMs),
      emit: (delivery: Delivery) => subscriber.next(delivery),
      trimmed: (count: number) => this.#trimmed(count),
    };
    const runs = this.#blocking.map(async (connection, index) => {
      const consumer = this.#consumers[index] as string;
      try {
        await new Reader(reading, consumer, index, connection).run();
      } catch (error) {
        stopAll();
        throw error;
      }
    });
    const failed = (await Promise.allSettled(runs)).find((result) => result.status === 'rejected');
    this.#states.ended();
    if (isCut()) this.#endRenewal?.();
    else if (failed) subscriber.error(translateError(failed.reason));
    else subscriber.complete();
  }

  /**
   * Entries in flight are renewed so that no other process claims them; after a drain too, until they are settled; after a cut
   * not any more, since a process whose pipeline has failed must not keep them.
   */
  #startTimers(): void {
    const { settings } = this.#parts;
    const { idleLimitMs, trimEveryMs } = settings;
    const kept = { ...settings, retainMs: this.#topic.retainMs ?? settings.retainMs };
    this.#endRenewal?.();
    this.#endRenewal = this.#often('renew', idleLimitMs / 3, () => this.#renew());
    this.#endMaintenance ??= this.#often('maintain', trimEveryMs, () =>
      maintain(this.#group, kept, this.#consumers, (count) => this.#trimmed(count)),
    );
  }

  /** Does something now and then. */
  #often(name: string, delayMs: number, work: () => Promise<void>): () => void {
    const { settings, outage } = this.#parts;
    const activity = this.#activity(name);
    const told = async (): Promise<void> => {
      await work();
      outage.worked(activity);
    };
    return repeat(settings.clock, delayMs, told, (error) => {
      if (error instanceof WeirError) outage.failedRarely(activity, error);
    });
  }

  #trimmed(count: number): void {
    if (count <= 0) return;
    this.#record.removed(count);
    this.#parts.settings.report.trimmed?.(this.#topic.name, this.#group.group, count);
  }

  #activity(name: string): string {
    return `${name} ${this.#topic.name} ${this.#group.group}`;
  }

  async #renew(): Promise<void> {
    for (const [consumer, ids] of this.#inFlight.idsByConsumer()) await this.#group.renew(consumer, ids);
  }
}
