import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { aPrivateRedis, aRedis } from '../support/services.ts';

async function ask<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, commandTimeout: 3_000, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

describe('startRedis', () => {
  it('keeps what was written over a stop and a start on the same port', async () => {
    const server = await aPrivateRedis();
    await ask(server.url, (client) => client.set('kept', 'yes'));
    await server.stop();
    await expect(ask(server.url, (client) => client.ping())).rejects.toThrow();
    await server.start();
    expect(await ask(server.url, (client) => client.get('kept'))).toBe('yes');
  });

  it('begins empty after kill -9 where it is not durable', async () => {
    const server = await aPrivateRedis({ isDurable: false });
    await ask(server.url, (client) => client.set('gone', 'yes'));
    await server.kill('SIGKILL');
    await server.start();
    expect(await ask(server.url, (client) => client.get('gone'))).toBeNull();
  });

  it('refuses clients without the password', async () => {
    const server = await aPrivateRedis({ isDurable: false });
    const get = (client: Redis): Promise<string | null> => client.get('key');
    await expect(ask(`redis://127.0.0.1:${server.port}`, get)).rejects.toThrow();
    expect(await ask(server.url, get)).toBeNull();
  });

  it('is new enough to tell which claimed entries were deleted', async () => {
    const answer = await ask(await aRedis(), async (client) => {
      await client.xgroup('CREATE', 'stream', 'group', '$', 'MKSTREAM');
      return client.xautoclaim('stream', 'group', 'reader', 0, '0-0');
    });
    expect(answer).toEqual(['0-0', [], []]);
  });
});

describe('aRedis', () => {
  it('gives each caller an empty logical database of its own', async () => {
    const [one, other] = [await aRedis(), await aRedis()];
    await ask(one, (client) => client.set('mine', 'yes'));
    expect(await ask(other, (client) => client.dbsize())).toBe(0);
  });
});
