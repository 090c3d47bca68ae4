import type { Redis } from 'ioredis';

/** A stream that contestants read, and what stands in it. */
export interface BenchStream {
  readonly name: string;
  /** Whose members read it. */
  readonly group: string;
  /** The value of the entry with this number, from 0: JSON. */
  readonly valueOf: (number: number) => string;
}

const value = JSON.stringify({ requestId: '0000000000001', partner: 'bench', account: '110-000-000000', note: 'x'.repeat(120) });

/** Entries that nobody looks into: a request of a partner, some 200 bytes, always the same. */
export const benchStream: BenchStream = { name: 'bench', group: 'cg-bench', valueOf: () => value };

/** Makes a stream of `size` entries that its group has not read. */
export async function fillStream(client: Redis, size: number, { name, group, valueOf } = benchStream): Promise<void> {
  await client.del(name);
  await client.xgroup('CREATE', name, group, '0', 'MKSTREAM');
  for (let added = 0; added < size;) {
    const pipeline = client.pipeline();
    for (const end = Math.min(size, added + 1_000); added < end; added += 1) {
      pipeline.xadd(name, '*', 'key', String(added), 'value', valueOf(added));
    }
    await pipeline.exec();
  }
}

/** Throws unless every entry was read and acknowledged. */
export async function requireAcknowledged(client: Redis, size: number, { name, group } = benchStream): Promise<void> {
  const [pending] = (await client.xpending(name, group)) as [number];
  const unread = await client.xreadgroup('GROUP', group, 'check', 'COUNT', 1, 'STREAMS', name, '>');
  if (pending === 0 && unread === null) return;
  throw new Error(`Of ${size} entries ${pending} are not acknowledged, and ${unread === null ? 'all' : 'not all'} were read.`);
}
