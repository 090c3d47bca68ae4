import { PartitionAssigners, type Assigner, type Batch, type PartitionAssigner } from 'kafkajs';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

/**
 * Ends an old assignment before the member joins anew. `heartbeat` keeps the membership meanwhile: it never rejects, and is
 * undefined where the membership is over already.
 */
export type BeforeJoin = (heartbeat: (() => Promise<void>) | undefined) => Promise<void>;

interface HookedAssigner extends Assigner {
  readonly beforeJoin: BeforeJoin;
}

let isInstalled = false;

/**
 * An assigner that has `beforeJoin` called before each join of its consumer. kafkajs 2.2.4 has no hook of its own before it joins
 * a group again: another member gets messages that are still worked on here, and what is committed later bears the new
 * generation, so the broker takes it although the partition is another's.
 */
export function assignerWith(beforeJoin: BeforeJoin): PartitionAssigner {
  install();
  return (config): HookedAssigner => ({ ...PartitionAssigners.roundRobin(config), beforeJoin });
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with their own `this` below
  const { joinAndSync, fetch } = ConsumerGroup.prototype;
  ConsumerGroup.prototype.joinAndSync = async function (): Promise<void> {
    const hooked = this.assigners.find((assigner): assigner is HookedAssigner => 'beforeJoin' in assigner);
    await hooked?.beforeJoin(this.memberId === null ? undefined : () => heartbeat(this));
    await joinAndSync.call(this);
  };
  ConsumerGroup.prototype.fetch = async function (nodeId): Promise<readonly Batch[]> {
    const { offsetManager } = this;
    const batches = await fetch.call(this, nodeId);
    for (const batch of batches) fetched.set(batch, () => this.offsetManager === offsetManager);
    return batches;
  };
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
