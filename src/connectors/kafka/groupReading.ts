import type { Kafka } from 'kafkajs';
import type { Subscriber } from 'rxjs';
import { WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import type { Delivery } from '../../message/message.ts';
import { pause } from '../../message/pause.ts';
import type { Topic } from '../bus.ts';
import type { Outage } from '../outage.ts';
import type { Room, Settled } from '../source.ts';
import type { ReplaceReason, SourceRecord } from '../sourceStatus.ts';
import { answered } from './client.ts';
import { HeldPartition } from './heldPartition.ts';
import type { KafkaSettings } from './kafkaOptions.ts';
import { Member, type PartitionOffset, type Silence } from './member.ts';

/** Waits between two memberships. */
const betweenMembers = { firstMs: 100, maxMs: 5_000 };

/** Replacements of a silent member in a row that may still help, and how many session timeouts a member lives that was not in vain. */
const rebuildLimit = 3;
const longLifeSessions = 10;

export interface GroupReadingSpec {
  readonly kafka: Kafka;
  readonly settings: KafkaSettings;
  readonly outage: Outage;
  readonly record: SourceRecord;
  readonly topic: Topic;
  readonly group: string;
  readonly room: Room;
  /** Aborted when no more is to be emitted. */
  readonly stopped: AbortSignal;
  readonly subscriber: Pick<Subscriber<Delivery>, 'next' | 'error'>;
  /** A number above all that were given before. */
  readonly nextEpoch: () => number;
}

/**
 * Reads a topic as a member of a group, and as another one when that has ended, until it is ended. When it is stopped it stays a
 * member, so that what is in flight can be committed.
 */
export class GroupReading {
  readonly #spec: GroupReadingSpec;
  readonly #over = new AbortController();
  readonly #held = new Map<number, HeldPartition>();
  /** Partitions that were held under earlier epochs, and of which messages are in flight. */
  #former: readonly HeldPartition[] = [];
  #member: Member | undefined;
  #bornMs = 0;
  #failures = 0;
  #rebuilds = 0;
  /** Whether the present member has joined, and what of it fell silent. */
  #hasJoined = false;
  #silence: Silence | undefined;

  constructor(spec: GroupReadingSpec) {
    this.#spec = spec;
    spec.stopped.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** Resolves, never rejects, when it has left the group. */
  async run(): Promise<void> {
    const { settings, record, subscriber } = this.#spec;
    for (;;) {
      const error = this.#over.signal.aborted ? undefined : await this.#belong();
      if (error === undefined) {
        record.become('idle');
        return;
      }
      if (error.kind !== 'transient' || this.#rebuilds > rebuildLimit) {
        const last = error.kind === 'transient' ? this.#wedged() : error;
        if (last.code === 'wedged') record.become('wedged', last.message);
        else record.become('idle');
        subscriber.error(last);
        return;
      }
      this.#failures += 1;
      await pause(settings.clock, backOffMs(betweenMembers, this.#failures, settings.clock), this.#over.signal);
    }
  }

  /** Leaves the group. What is in flight is another's. */
  end(): void {
    this.#over.abort(new WeirError('cancelled', 'the subscription is over'));
    this.#drop();
    this.#spec.record.become('idle');
    void this.#member?.leave();
  }

  held(): readonly HeldPartition[] {
    return [...this.#held.values()];
  }

  /** Messages have ended. What was read under an epoch that is over is nobody's here. */
  ended({ messages, watermarks }: Settled): void {
    const all = new Map([...this.#former, ...this.#held.values()].map((held) => [idOf({ partition: held.name, epoch: held.epoch }), held]));
    for (const watermark of watermarks) all.get(idOf(watermark))?.settledUpTo(watermark.position);
    let held: HeldPartition | undefined;
    for (const { envelope } of messages) {
      if (held?.name !== envelope.partition || held.epoch !== envelope.epoch) held = all.get(idOf(envelope));
      held?.ended();
    }
  }

  /** Commits what is settled of the held partitions, if there is anything new. Rejects with a `WeirError`. */
  async commit(): Promise<void> {
    const member = this.#member;
    const settled = this.held().filter(({ toCommit }) => toCommit !== undefined);
    if (member === undefined || settled.length === 0) return;
    const offsets = settled.map(({ partition, toCommit }): PartitionOffset => ({ partition, offset: toCommit as bigint }));
    await answered(this.#spec.settings, this.#spec.settings.timeLimitMs, member.commit(offsets));
    settled.forEach((held, at) => held.committed((offsets[at] as PartitionOffset).offset));
    this.#spec.outage.worked(this.#activity);
  }

  /** One membership from its beginning to its end: why it ended, undefined when it was ended from here. */
  async #belong(): Promise<WeirError | undefined> {
    const { kafka, settings, topic, group } = this.#spec;
    const member: Member = new Member(
      kafka,
      settings,
      { topic: topic.name, group },
      {
        joined: (partitions) => this.#joined(member, partitions),
        leaving: (heartbeat) => this.#leaving(member, heartbeat),
        read: (partition, records) => this.#held.get(partition)?.push(records) ?? false,
        answered: (partition) => this.#answered(partition),
        removed: (partition, count) => this.#removed(partition, count),
        silent: (what) => this.#silent(what),
      },
    );
    this.#member = member;
    [this.#hasJoined, this.#silence] = [false, undefined];
    this.#spec.record.begin();
    this.#bornMs = settings.clock.elapsedMs();
    const why = await this.#untilEnded(member);
    // Leaving takes as long as a call may: what is so already is told before.
    this.#drop();
    if (why !== undefined) this.#failed(why);
    await member.leave();
    return why;
  }

  async #untilEnded(member: Member): Promise<WeirError | undefined> {
    try {
      await member.start();
      return await member.ended;
    } catch (error) {
      if (this.#over.signal.aborted) return undefined;
      return error instanceof WeirError ? error : new WeirError('defect', 'a member failed', { cause: error });
    }
  }

  #failed(why: WeirError): void {
    const { outage, record } = this.#spec;
    if (why.kind === 'transient') outage.failed(this.#activity, why);
    if (this.#hasJoined) record.replaced(this.#silence ?? reasonOf(why));
    record.become('away', why.message);
  }

  #joined(member: Member, partitions: readonly number[]): void {
    if (this.#over.signal.aborted) return;
    const { settings, record, topic, group, room, stopped, subscriber, nextEpoch } = this.#spec;
    const epoch = nextEpoch();
    this.#drop();
    for (const partition of partitions) {
      // What was paused stays so in the client, whoever held it meanwhile.
      if (stopped.aborted) member.pause(partition);
      else member.resume(partition);
      const held = new HeldPartition({
        ...{ clock: settings.clock, topic, partition, epoch, room, stopped },
        before: this.#quiet(partition),
        emit: (delivery) => subscriber.next(delivery),
        pause: () => member.pause(partition),
        resume: () => member.resume(partition),
      });
      this.#held.set(partition, held);
      void held.run();
    }
    this.#hasJoined = true;
    record.assigned();
    record.become(partitions.length > 0 ? 'reading' : 'standby');
    // Of what is not read nothing more is heard.
    if (partitions.length === 0 || stopped.aborted) this.#worked();
    settings.report.assigned?.(topic.name, group, partitions);
  }

  #answered(partition: number): void {
    this.#held.get(partition)?.answered();
    this.#worked();
  }

  /** To be let in is no sign of that: a member that may not read the topic would join, and turn the group, all the time. */
  #worked(): void {
    this.#failures = 0;
    this.#spec.outage.worked(this.#activity);
  }

  /**
   * Ends the assignment while it is still ours: what is in flight gets half of the time that the group waits, is committed, and the
   * rest is given up.
   */
  async #leaving(member: Member, heartbeat: (() => Promise<void>) | undefined): Promise<void> {
    const { clock, rebalanceTimeoutMs, heartbeatMs } = this.#spec.settings;
    if (!this.#over.signal.aborted) this.#spec.record.begin();
    const held = this.held();
    for (const one of held) one.stop();
    if (heartbeat !== undefined && held.length > 0) {
      const untilMs = clock.elapsedMs() + rebalanceTimeoutMs / 2;
      const quiet = Promise.all(held.map((one) => one.quiet)).then(() => true);
      const waited = (): Promise<boolean> => pause(clock, heartbeatMs, this.#over.signal).then(() => false);
      for (let isQuiet = false; !isQuiet && !this.#over.signal.aborted && clock.elapsedMs() < untilMs;) {
        await heartbeat();
        isQuiet = await Promise.race([quiet, waited()]);
      }
      // It has ended meanwhile: what is held now is the next member's.
      if (this.#member !== member) return;
      // Whatever is not committed is delivered again to its next holder.
      await this.commit().catch(() => undefined);
    }
    this.#drop();
  }

  /** A member that has lived for long was not in vain: it does not count among those in a row. */
  #silent(what: Silence): void {
    const { settings, topic, group } = this.#spec;
    this.#silence = what;
    const { clock, sessionTimeoutMs } = settings;
    const hasLived = clock.elapsedMs() - this.#bornMs > longLifeSessions * sessionTimeoutMs;
    this.#rebuilds = hasLived ? 1 : this.#rebuilds + 1;
    settings.report.rebuilt?.(topic.name, group, this.#rebuilds);
  }

  #removed(partition: number, count: number): void {
    const { settings, record, topic, group } = this.#spec;
    record.removed(count);
    settings.report.removed?.(`${topic.name}/${partition}`, group, count);
  }

  #wedged(): WeirError {
    return new WeirError('wedged', `${rebuildLimit + 1} members of ${this.#spec.group} in a row gave no sign for two session timeouts`);
  }

  #stop(): void {
    for (const { partition } of this.#held.values()) this.#member?.pause(partition);
  }

  #drop(): void {
    for (const held of this.#held.values()) held.stop();
    this.#former = [...this.#former, ...this.#held.values()].filter(({ inFlight }) => inFlight > 0);
    this.#held.clear();
  }

  /** Resolves when nothing of a partition is in flight that was read under an earlier epoch: its messages come again. */
  async #quiet(partition: number): Promise<void> {
    await Promise.all(this.#former.filter((held) => held.partition === partition).map(({ quiet }) => quiet));
  }

  get #activity(): string {
    return `read ${this.#spec.topic.name} ${this.#spec.group}`;
  }
}

/** Why a member that had joined was replaced. */
function reasonOf({ code }: WeirError): ReplaceReason {
  return code === 'refused' || code === 'notFound' ? 'refused' : 'lost';
}

function idOf({ partition, epoch }: { readonly partition: string; readonly epoch: number }): string {
  return `${partition} ${epoch}`;
}
