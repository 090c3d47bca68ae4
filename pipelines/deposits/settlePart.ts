import { z } from 'zod';

/** Users are divided by their number among this many partitions, which are worked on beside each other. */
export const shardCount = 4;

/** Trades that are written so shortly before midnight, in milliseconds, may miss their night; they are due on the next one. */
export const midnightMs = 600_000;

const shard = z
  .int()
  .min(0)
  .max(shardCount - 1);
const part = z.object({ moves: z.enum(['balances', 'redis']), shard });

interface ShardPlan {
  readonly name: string;
  readonly input: number;
  readonly total: number;
}

/** What one partition of a night does: it moves the balances of a shard, or has Redis show them. */
export type NightPart = z.infer<typeof part>;

interface NightPlan {
  readonly name: string;
  readonly input: NightPart;
  readonly total: number | undefined;
}

/**
 * The partitions of a night, with how many users are owed something in each shard. Balances come first and ask nothing of Redis, so that
 * money waits for nothing but the database.
 */
export function planNight(users: ReadonlyMap<number, number>): readonly NightPlan[] {
  const shards = planShards(users);
  return [
    ...shards.map(({ name, input, total }) => ({
      name: `balances of ${name}`,
      input: { moves: 'balances' as const, shard: input },
      total,
    })),
    ...shards.map(({ name, input }) => ({ name: `Redis of ${name}`, input: { moves: 'redis' as const, shard: input }, total: undefined })),
  ];
}

/** What a partition of a night does. */
export function readNightPart(input: unknown): NightPart {
  return part.parse(input);
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
 * The passes over what Redis shows of a shard. staged: who stands in the index of a day that has come. found: keys that nobody has put
 * into an index. moving: whom the ledger still owes something. behind: whom the night has moved and Redis does not show, since it has
 * lost something.
 */
export const passes = ['staged', 'found', 'moving', 'behind'] as const;

export type Pass = (typeof passes)[number];

/** Where a reader stands in its shard; `after` is that of the last row. */
export interface Place {
  readonly pass: Pass;
  readonly day: string;
  readonly after: string;
}

/** A place as text: `staged/2026-11-24/17`. */
export function placeText({ pass, day, after }: Place): string {
  return [pass, day, after].join('/');
}

/** Reads a place; the beginning where there is none. */
export function readPlace(text: string | undefined): Place {
  if (text === undefined) return { pass: 'staged', day: '', after: '' };
  const [pass = '', day = '', after = ''] = text.split('/');
  return { pass: z.enum(passes).parse(pass), day, after };
}
