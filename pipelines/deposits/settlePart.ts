import { z } from 'zod';

/** Users are divided by their number among this many partitions, which are worked on beside each other. */
export const shardCount = 4;

const shard = z
  .int()
  .min(0)
  .max(shardCount - 1);

interface ShardPlan {
  readonly name: string;
  readonly input: number;
  readonly total: number;
}

/** A partition for each shard, with how many users it is expected to have. */
export function planShards(users: ReadonlyMap<number, number>): readonly ShardPlan[] {
  return Array.from({ length: shardCount }, (_, number) => ({
    name: `users ${number + 1} of ${shardCount}`,
    input: number,
    total: users.get(number) ?? 0,
  }));
}

/** The shard of a partition. */
export function readShard(input: unknown): number {
  return shard.parse(input);
}

/** The shard that a user belongs to. */
export function shardOf(userId: bigint): number {
  return Number(userId % BigInt(shardCount));
}

/**
 * The passes of a night over a shard. owed: whom the ledger owes something, so that money waits for nothing but the database. staged: who
 * stands in the index of a day that has come. found: keys that nobody has put into an index. moving: whom the first pass has
 * read and not moved yet. behind: whom the night has moved and Redis does not show, since it has lost something.
 */
export const passes = ['owed', 'staged', 'found', 'moving', 'behind'] as const;

export type Pass = (typeof passes)[number];

/** Where a night stands in its shard; `after` is that of the last row. */
export interface Place {
  readonly pass: Pass;
  readonly day: string;
  readonly after: string;
}

/** A place as the checkpoint keeps it: `staged/2026-11-24/17`. */
export function placeText({ pass, day, after }: Place): string {
  return [pass, day, after].join('/');
}

/** Reads a place; the beginning of the night where there is none. */
export function readPlace(text: string | undefined): Place {
  if (text === undefined) return { pass: 'owed', day: '', after: '' };
  const [pass = '', day = '', after = ''] = text.split('/');
  return { pass: z.enum(passes).parse(pass), day, after };
}
