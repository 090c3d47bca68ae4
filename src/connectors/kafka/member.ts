import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { repeat } from '../../message/waiting.ts';
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
  /** Messages of a partition were removed before they were read. */
  removed(partition: number): void;
  /** It has given no sign for two session timeouts, and ends. */
  silent(): void;
}

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
 * it has given no sign for two session timeouts while this process itself was awake; it is never mended, only replaced. What the
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
  #silentLooks = 0;

  constructor(kafka: Kafka, settings: KafkaSettings, membership: Membership, events: MemberEvents) {
    const { sessionTimeoutMs, rebalanceTimeoutMs, heartbeatMs } = settings;
    this.#settings = settings;
    this.#membership = membership;
    this.#events = events;
    this.#consumer = kafka.consumer({
      groupId: membership.group,
      partitionAssigners: [
        assignerWith({ beforeJoin: (heartbeat) => this.#leaving(heartbeat), outOfRange: (partition) => this.#removed(partition) }),
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
    const sign = (): void => void (this.#silentLooks = 0);
    this.#consumer.on(HEARTBEAT, sign);
    this.#consumer.on(FETCH, sign);
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      sign();
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

  #removed(partition: number): void {
    if (!this.#hasEnded) this.#events.removed(partition);
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
        this.#silentLooks += 1;
        if (this.#silentLooks * lookMs > 2 * sessionTimeoutMs + (this.#isJoining ? rebalanceTimeoutMs : 0)) {
          this.#events.silent();
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
    this.#ended.resolve(why === undefined || why instanceof WeirError ? why : new WeirError('defect', why.message, { cause: why }));
  }
}
