import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';

/** A proxy in front of the service at a URL, and the URL that leads through it. Closed at the end of the file. */
export async function through(url: string | undefined): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const target = new URL(url ?? '');
  const proxy = await TcpProxy.start({ port: Number(target.port) });
  atTheEnd(() => proxy.close());
  target.port = String(proxy.port);
  return { proxy, url: target.href };
}
