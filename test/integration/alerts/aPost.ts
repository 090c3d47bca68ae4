import { Redis } from 'ioredis';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import type { AMonth } from '../daemon/aMonth.ts';

/** Bills that are dispatched, and whose messages wait to be put on the topic when a test wants them there. */
export interface APost {
  /** Puts the messages of the next so many bills on the topic. */
  deliver(count: number): Promise<void>;
  /** Puts so many messages of a bill on the topic that was on it before. */
  repeat(count: number): Promise<void>;
  readonly redis: Redis;
}

/**
 * Loads so many members, each with an address at the domain of its number, and makes and dispatches their bills, before any daemon reads
 * them; they are put on the topic of the Redis at `to`.
 */
export async function aPost(month: AMonth, count: number, domainOf: (index: number) => string, to = month.redisUrl): Promise<APost> {
  const [made, redis] = [new Redis(month.redisUrl), new Redis(to)];
  atTheEnd(() => redis.quit());
  await month.load(Array.from({ length: count }, (_, index) => ({ email: `member${index}@${domainOf(index)}` })));
  await month.dispatch();
  const messages = (await made.xrange(emailTopic.name, '-', '+')).map(([, fields]) => fields);
  await made.del(emailTopic.name);
  await made.quit();
  const put = async (some: readonly (readonly string[])[]): Promise<void> => {
    const writing = redis.pipeline();
    for (const fields of some) writing.xadd(emailTopic.name, '*', ...fields);
    await writing.exec();
  };
  let delivered = 0;
  return {
    redis,
    deliver: (next) => put(messages.slice(delivered, (delivered += next))),
    repeat: (times) => put(Array.from({ length: times }, () => messages[0] ?? [])),
  };
}
