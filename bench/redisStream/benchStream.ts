import type { Redis } from 'ioredis';

/** The stream that benchmarks read, and its group. */
export const stream = 'bench';
export const group = 'cg-bench';

/** What an entry says: a request of a partner, some 200 bytes. */
export const value = JSON.stringify({ requestId: '0000000000001', partner: 'bench', account: '110-000-000000', note: 'x'.repeat(120) });

/** Makes a stream of `size` entries that its group has not read. */
export async function fillStream(client: Redis, size: number): Promise<void> {
  await client.del(stream);
  await client.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  for (let added = 0; added < size;) {
    const pipeline = client.pipeline();
    for (const end = Math.min(size, added + 1_000); added < end; added += 1) {
      pipeline.xadd(stream, '*', 'key', String(added), 'value', value);
    }
    await pipeline.exec();
  }
}

/** Throws unless every entry was read and acknowledged. */
export async function requireAcknowledged(client: Redis, size: number): Promise<void> {
  const [pending] = (await client.xpending(stream, group)) as [number];
  const unread = await client.xreadgroup('GROUP', group, 'check', 'COUNT', 1, 'STREAMS', stream, '>');
  if (pending === 0 && unread === null) return;
  throw new Error(`Of ${size} entries ${pending} are not acknowledged, and ${unread === null ? 'all' : 'not all'} were read.`);
}
