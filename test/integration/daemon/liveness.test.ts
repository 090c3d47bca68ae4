import { describe, expect, it } from 'vitest';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { hastyEffects } from '../../support/hastyEffects.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';

/** The same service behind a proxy. */
async function behindProxy(address: string): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const url = new URL(address);
  const proxy = await TcpProxy.start({ port: Number(url.port) });
  atTheEnd(() => proxy.close());
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}

describe('/livez', () => {
  it('turns red while there is work and none of it ends, and green again when some does', async () => {
    const month = await aMonth();
    await month.load([{}, {}]);
    const { proxy, url } = await behindProxy(month.environment['WEIR_DATABASE_URL'] ?? '');
    const weir = startWeir(
      { ...hastyEffects(900), ...month.environment, WEIR_DATABASE_URL: url, WEIR_RUNTIME_STANDING_LIMIT_MS: '1000' },
      'run',
      '--profile',
      'consumer',
    );
    await weir.logged('pipeline state', { state: 'running' });
    proxy.hole();
    await month.dispatch();
    const red = await eventually('it is not live', async () => {
      const answer = await weir.ask('/livez');
      return answer.status === 503 ? answer : undefined;
    });
    expect(JSON.parse(red.text)).toEqual({ status: 'standing', standing: ['billing.deliver'] });
    proxy.pass();
    proxy.cut();
    await eventually('it is live', async () => (await weir.ask('/livez')).status === 200);
    await eventually('2 mails came', () => month.inbox.count() >= 2);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('stays green while Redis is away, /readyz says so, and what comes after is delivered', async () => {
    const month = await aMonth();
    await month.load([{}]);
    const { proxy, url } = await behindProxy(month.redisUrl);
    const weir = startWeir({ ...month.environment, WEIR_REDIS_URL: url }, 'run', '--profile', 'consumer');
    await eventually('it is ready', async () => (await weir.ask('/readyz')).status === 200);
    proxy.refuse();
    proxy.cut();
    const away = await eventually('it is not ready', async () => {
      const answer = await weir.ask('/readyz');
      return answer.status === 503 ? answer : undefined;
    });
    expect(JSON.parse(away.text)).toEqual({
      ...{ status: 'waiting', failed: [], paused: [], dependencies: { postgres: 'reachable', redis: 'unreachable', smtp: 'reachable' } },
    });
    expect((await weir.ask('/livez')).status).toBe(200);
    const failed = 'Redis failed a command: it is tried again until it works';
    await weir.logged(failed, { code: 'unavailable' });
    expect((await weir.ask('/metrics')).status).toBe(200);
    proxy.pass();
    await month.dispatch();
    await eventually('a mail came', () => month.inbox.count() >= 1);
    await eventually('it is ready again', async () => (await weir.ask('/readyz')).status === 200);
    expect((await weir.logged('Redis is back'))['awayMs']).toBeGreaterThan(0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(weir.log().filter(({ msg }) => msg === failed)).toHaveLength(1);
  });
});
