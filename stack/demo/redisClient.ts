import { Redis } from 'ioredis';

/** A client of a Redis that is there, for whoever looks at it from outside. */
export async function connected(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  return redis;
}
