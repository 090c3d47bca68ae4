import { PartitionAssigners, type Assigner, type Batch, type PartitionAssigner } from 'kafkajs';
import ConsumerGroup, { type FetchedBatch } from 'kafkajs/src/consumer/consumerGroup.js';

/**
 * Ends an old assignment before the member joins anew. `heartbeat` keeps the membership meanwhile: it never rejects, and is
 * undefined where the membership is over already.
 */
export type BeforeJoin = (heartbeat: (() => Promise<void>) | undefined) => Promise<void>;

/** What a consumer tells that kafkajs itself keeps to itself. */
export interface GroupHooks {
  readonly beforeJoin: BeforeJoin;
  /** What was to be read next of a partition, the message at `wanted`, is not there: it goes on where the partition begins. */
  readonly outOfRange: (partition: number, wanted: bigint) => void;
  /** A partition was asked for what is at an offset and behind it, and answered, if only that there is nothing. */
  readonly answered: (partition: number, offset: bigint) => void;
}

type HookedAssigner = Assigner & GroupHooks;

let isInstalled = false;

/**
 * An assigner that has hooks of its consumer called. kafkajs 2.2.4 has none before it joins a group again: another member gets
 * messages that are still worked on here, and what is committed later bears the new generation, so the broker takes it although the
 * partition is another's. And where messages were removed before they were read, it reads on without a word.
 */
export function assignerWith(hooks: GroupHooks): PartitionAssigner {
  install();
  return (config): HookedAssigner => ({ ...PartitionAssigners.roundRobin(config), ...hooks });
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with their own `this` below
  const { joinAndSync, fetch, recoverFromOffsetOutOfRange } = ConsumerGroup.prototype;
  ConsumerGroup.prototype.joinAndSync = async function (): Promise<void> {
    await hooksOf(this)?.beforeJoin(this.memberId === null ? undefined : () => heartbeat(this));
    await joinAndSync.call(this);
  };
  ConsumerGroup.prototype.recoverFromOffsetOutOfRange = async function (error): Promise<void> {
    hooksOf(this)?.outOfRange(error.partition, BigInt(this.offsetManager.nextOffset(error.topic, error.partition).toString()));
    await recoverFromOffsetOutOfRange.call(this, error);
  };
  ConsumerGroup.prototype.fetch = async function (nodeId): Promise<readonly FetchedBatch[]> {
    const { offsetManager } = this;
    const batches = await fetch.call(this, nodeId);
    const isPresent = (): boolean => this.offsetManager === offsetManager;
    const hooks = isPresent() ? hooksOf(this) : undefined;
    for (const batch of batches) {
      fetched.set(batch, isPresent);
      hooks?.answered(batch.partition, BigInt(batch.fetchedOffset));
    }
    return batches;
  };
}

function hooksOf({ assigners }: ConsumerGroup): GroupHooks | undefined {
  return assigners.find((assigner): assigner is HookedAssigner => 'beforeJoin' in assigner);
}

/** Of each batch, whether the assignment under which it was asked for is still the present one. */
const fetched = new WeakMap<Batch, () => boolean>();

/**
 * False for a batch that was asked for before the member joined anew: it begins where the old assignment had come to. One broker's
 * answer may come after another's has made the member join.
 */
export function isOfThisAssignment(batch: Batch): boolean {
  return fetched.get(batch)?.() ?? false;
}

/** The answer that the group is about to join anew is a sign of life like any other. */
async function heartbeat({ coordinator, groupId, memberId, generationId }: ConsumerGroup): Promise<void> {
  await coordinator?.heartbeat({ groupId, memberId, groupGenerationId: generationId }).catch(() => undefined);
}
