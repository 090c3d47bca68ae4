import { onTestFinished } from 'vitest';
import { TcpProxy } from '../../support/tcpProxy.ts';

/** A proxy in front of a Redis, and the URL that leads through it. Closed after what its test opened later. */
export async function aProxiedRedis(url: string): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
  onTestFinished(() => proxy.close());
  const through = new URL(url);
  through.port = String(proxy.port);
  return { proxy, url: through.href };
}
