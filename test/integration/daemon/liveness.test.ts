import { describe, expect, it } from 'vitest';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';

describe('/livez', () => {
  it('turns red while there is work and none of it ends, and green again when some does', async () => {
    const month = await aMonth();
    await month.load([{}, {}]);
    await month.dispatch();
    const unstick = month.inbox.faults.add({ phase: 'mail', action: { kind: 'silence' } });
    const weir = startWeir({ ...month.environment, WEIR_RUNTIME_STANDING_LIMIT_MS: '100' }, 'run', '--profile', 'consumer');
    const red = await eventually('it is not live', async () => {
      const answer = await weir.ask('/livez');
      return answer.status === 503 ? answer : undefined;
    });
    expect(JSON.parse(red.text)).toEqual({ status: 'standing', standing: ['billing.deliver'] });
    unstick();
    month.inbox.cutConnections();
    await eventually('it is live', async () => (await weir.ask('/livez')).status === 200);
    await eventually('2 mails came', () => month.inbox.count() >= 2);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('stays green while Redis is away, /readyz says so, and what comes after is delivered', async () => {
    const month = await aMonth();
    await month.load([{}]);
    const redis = new URL(month.redisUrl);
    const proxy = await TcpProxy.start({ port: Number(redis.port) });
    atTheEnd(() => proxy.close());
    redis.port = String(proxy.port);
    const weir = startWeir({ ...month.environment, WEIR_REDIS_URL: redis.href }, 'run', '--profile', 'consumer');
    await eventually('it is ready', async () => (await weir.ask('/readyz')).status === 200);
    proxy.refuse();
    proxy.cut();
    const away = await eventually('it is not ready', async () => {
      const answer = await weir.ask('/readyz');
      return answer.status === 503 ? answer : undefined;
    });
    expect(JSON.parse(away.text)).toEqual({
      ...{ status: 'waiting', failed: [], dependencies: { postgres: 'reachable', redis: 'unreachable', smtp: 'reachable' } },
    });
    expect((await weir.ask('/livez')).status).toBe(200);
    await weir.logged('Redis failed a command', { code: 'unavailable' });
    expect((await weir.ask('/metrics')).status).toBe(200);
    proxy.pass();
    await month.dispatch();
    await eventually('a mail came', () => month.inbox.count() >= 1);
    expect((await weir.ask('/readyz')).status).toBe(200);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
