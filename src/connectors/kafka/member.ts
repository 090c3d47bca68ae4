import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { repeat } from '../../message/waiting.ts';
import type { ReplaceReason } from '../sourceStatus.ts';
import { answered } from './client.ts';
import type { KafkaSettings } from './kafkaOptions.ts';
import { assignerWith, isOfThisAssignment, type BeforeJoin } from './rejoinHook.ts';
import { translateError } from './translateError.ts';

/** How long the broker holds an answer back for more, in milliseconds; a partition that is resumed waits for it. */
const fetchWaitMs = 50;
const fetchBytes = 2_000_000;
const partitionBytes = 1_048_576;
/** Looks for signs of life in a session timeout. */
const looksPerSession = 4;

/** What a member tells. Its functions are called in the client's own turns and must not throw. */
export interface MemberEvents {
  /** It holds these partitions from now on. */
  joined(partitions: readonly number[]): void;
  /** It is about to join anew: whatever it held is another's afterwards. */
  readonly leaving: BeforeJoin;
  /** Takes what was read. What it does not take (false) is read again. */
  read(partition: number, records: readonly KafkaMessage[]): boolean;
  /** A partition was asked for messages, and answered. */
  answered(partition: number): void;
  /** Messages of a partition were removed before they were read: so many, or at least one. */
  removed(partition: number, count: number): void;
  /** Its reads, its signs of life or both had no answer for two session timeouts: it ends. */
  silent(what: Silence): void;
}

/** What of a member had no answer. */
export type Silence = Extract<ReplaceReason, `silent${string}`>;

/** An offset to be committed: the next one to be read. */
export interface PartitionOffset {
  readonly partition: number;
  readonly offset: bigint;
}

/** What a member reads. */
export interface Membership {
  readonly topic: string;
  readonly group: string;
}

/**
 * One membership of a group, for one topic. It ends by `leave`, by a failure that the client does not mend by itself, or when
 * its reads or its signs of life had no answer for two session timeouts while this process itself was awake; it is never mended, only replaced. What the
 * client does after that is told to nobody.
 */
export class Member {
  readonly #settings: KafkaSettings;
  readonly #membership: Membership;
  readonly #events: MemberEvents;
  readonly #consumer: Consumer;
  readonly #ended = Promise.withResolvers<WeirError | undefined>();
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  /** Settles when the client has connected or failed to, whoever still waits for it. */
  #opening: Promise<unknown> = Promise.resolve();
  /** Settles when the first join has, whoever still waits for it. */
  #running: Promise<unknown> = Promise.resolve();
  #hasEnded = false;
  /** The client has stopped, by itself too. */
  #isStopped = false;
  #isJoining = false;
  #endWatch: () => void = () => undefined;
  /** Looks since the last answer to a read, and to a sign of life. */
  #silentLooks = { fetch: 0, heartbeat: 0 };
  /** What was to be read next of partitions where it is gone. */
  readonly #wanted = new Map<number, bigint>();

  constructor(kafka: Kafka, settings: KafkaSettings, membership: Membership, events: MemberEvents) {
    const { sessionTimeoutMs, rebalanceTimeoutMs, heartbeatMs } = settings;
    this.#settings = settings;
    this.#membership = membership;
    this.#events = events;
    this.#consumer = kafka.consumer({
      groupId: membership.group,
      partitionAssigners: [
        assignerWith({
          beforeJoin: (heartbeat) => this.#leaving(heartbeat),
          outOfRange: (partition, wanted) => this.#outOfRange(partition, wanted),
          answered: (partition, offset) => this.#answered(partition, offset),
        }),
      ],
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: fetchWaitMs,
      maxBytes: fetchBytes,
      maxBytesPerPartition: partitionBytes,
      metadataMaxAge: settings.metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      // Whatever is not mended within a call ends the member: there is one way to begin again.
      retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  /** Resolves, never rejects, when it has ended: with why, or undefined when it left. */
  get ended(): Promise<WeirError | undefined> {
    return this.#ended.promise;
  }

  /** Joins the group and reads; resolves too when it has ended before. Rejects with a `WeirError`. */
  async start(): Promise<void> {
    this.#listen();
    await Promise.race([this.#begin(), this.ended]);
    if (!this.#hasEnded) this.#watch();
  }

  pause(partition: number): void {
    if (!this.#isStopped) this.#consumer.pause([{ topic: this.#membership.topic, partitions: [partition] }]);
  }

  resume(partition: number): void {
    if (!this.#isStopped) this.#consumer.resume([{ topic: this.#membership.topic, partitions: [partition] }]);
  }

  /**
   * Commits under the present assignment, in the same turn. Whoever calls has made sure that it holds the partitions: the broker
   * takes offsets of others too.
   */
  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.#commit === undefined) throw new WeirError('defect', 'An offset came to be committed and nothing had been read.');
    const partitions = offsets.map(({ partition, offset }) => ({ partition, offset: offset.toString() }));
    await this.#commit({ topics: [{ topic: this.#membership.topic, partitions }] });
  }

  /**
   * Leaves the group and ends; waits for the broker no longer than a call may take. A client that is told to stop while it joins
   * is let in nevertheless, and holds partitions until its session ends: so it is told when it has joined. One that is told while it
   * connects goes on connecting: so it is told again.
   */
  async leave(): Promise<void> {
    this.#end(undefined);
    const disconnect = (): Promise<void> => this.#consumer.disconnect();
    const left = this.#running.catch(() => undefined).then(disconnect);
    void Promise.allSettled([this.#opening, left])
      .then(disconnect)
      .catch(() => undefined);
    await answered(this.#settings, this.#settings.timeLimitMs, left).catch(() => undefined);
  }

  #listen(): void {
    const { GROUP_JOIN, HEARTBEAT, FETCH, STOP, CRASH } = this.#consumer.events;
    this.#consumer.on(HEARTBEAT, () => void (this.#silentLooks.heartbeat = 0));
    this.#consumer.on(FETCH, () => void (this.#silentLooks.fetch = 0));
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#silentLooks = { fetch: 0, heartbeat: 0 };
      this.#tellUnknown();
      this.#isJoining = false;
      if (!this.#hasEnded) this.#events.joined(payload.memberAssignment[this.#membership.topic] ?? []);
    });
    this.#consumer.on(STOP, () => void (this.#isStopped = true));
    this.#consumer.on(CRASH, ({ payload }) => this.#end(translateError(payload.error)));
  }

  /** A join waits for whatever the others have in flight. */
  async #begin(): Promise<void> {
    const { timeLimitMs, rebalanceTimeoutMs } = this.#settings;
    const opening = this.#open();
    this.#opening = opening;
    await answered(this.#settings, 3 * timeLimitMs, opening);
    if (this.#hasEnded) return;
    const running = this.#run();
    this.#running = running;
    await answered(this.#settings, rebalanceTimeoutMs + timeLimitMs, running);
  }

  async #open(): Promise<void> {
    await this.#consumer.connect();
    if (!this.#hasEnded) await this.#consumer.subscribe({ topics: [this.#membership.topic], fromBeginning: true });
  }

  /** Where it is told to go on, its next answer tells. */
  #outOfRange(partition: number, wanted: bigint): void {
    if (!this.#hasEnded) this.#wanted.set(partition, this.#wanted.get(partition) ?? wanted);
  }

  async #leaving(heartbeat: Parameters<BeforeJoin>[0]): Promise<void> {
    this.#isJoining = true;
    if (!this.#hasEnded) await this.#events.leaving(heartbeat);
  }

  async #run(): Promise<void> {
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => {
        const { batch } = payload;
        if (!this.#hasEnded && isOfThisAssignment(batch)) {
          this.#commit = (offsets) => payload.commitOffsetsIfNecessary(offsets);
          if (this.#events.read(batch.partition, batch.messages)) payload.resolveOffset(batch.lastOffset());
        }
        return Promise.resolve();
      },
    });
  }

  /** Where messages are gone, what is asked for next tells how many; less than before, and the topic was made anew. */
  #answered(partition: number, offset: bigint): void {
    if (this.#hasEnded) return;
    const wanted = this.#wanted.get(partition);
    this.#wanted.delete(partition);
    this.#events.answered(partition);
    if (wanted !== undefined && wanted !== offset) this.#events.removed(partition, Math.max(1, Number(offset - wanted)));
  }

  /** Another member may be told where to go on, and nobody how many are gone. */
  #tellUnknown(): void {
    for (const partition of this.#wanted.keys()) this.#events.removed(partition, 1);
    this.#wanted.clear();
  }

  /**
   * Counts looks, not time: while this process was held up nobody looked, and the client could give no sign. Nor can it while it joins
   * and the group waits for others.
   */
  #watch(): void {
    const { clock, sessionTimeoutMs, rebalanceTimeoutMs } = this.#settings;
    const lookMs = sessionTimeoutMs / looksPerSession;
    this.#endWatch = repeat(
      clock,
      lookMs,
      () => {
        const looks = this.#silentLooks;
        looks.fetch += 1;
        looks.heartbeat += 1;
        if (Math.max(looks.fetch, looks.heartbeat) * lookMs > 2 * sessionTimeoutMs + (this.#isJoining ? rebalanceTimeoutMs : 0)) {
          this.#events.silent(silenceOf(looks));
          this.#end(new WeirError('unavailable', `a member of ${this.#membership.group} gave no sign for two session timeouts`));
        }
        return Promise.resolve();
      },
      () => undefined,
    );
  }

  #end(why: Error | undefined): void {
    this.#hasEnded = true;
    this.#endWatch();
    this.#tellUnknown();
    this.#ended.resolve(why === undefined || why instanceof WeirError ? why : new WeirError('defect', why.message, { cause: why }));
  }
}

/** What fell silent, by the looks since its last answer: both, where the other has been silent for a session timeout too. */
function silenceOf({ fetch, heartbeat }: { readonly fetch: number; readonly heartbeat: number }): Silence {
  if (Math.min(fetch, heartbeat) > looksPerSession) return 'silent';
  return fetch > heartbeat ? 'silentFetch' : 'silentHeartbeat';
}
