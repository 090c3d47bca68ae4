import { afterEach, describe, expect, it } from 'vitest';
import { startAdminServer, type AdminServer } from '../../src/console/adminServer.ts';

const servers: AdminServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function started(
  facts: {
    standing?: readonly string[];
    isReachable?: boolean;
    hasStarted?: boolean;
    isStopping?: boolean;
    failed?: readonly string[];
    paused?: readonly string[];
    host?: string;
    port?: number;
  } = {},
): Promise<AdminServer> {
  const server = await startAdminServer({
    host: facts.host ?? '127.0.0.1',
    port: facts.port ?? 0,
    scrape: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'weir_up 1\n' }),
    standing: () => facts.standing ?? [],
    dependencies: () => [
      { name: 'postgres', reach: () => ((facts.isReachable ?? true) ? Promise.resolve() : Promise.reject(new Error('away'))) },
    ],
    hasStarted: () => facts.hasStarted ?? true,
    isStopping: () => facts.isStopping ?? false,
    failed: () => facts.failed ?? [],
    paused: () => facts.paused ?? [],
    api: () => undefined,
  });
  servers.push(server);
  return server;
}

async function answer(server: AdminServer, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(server.url + path);
  return { status: response.status, body: await response.text() };
}

describe('startAdminServer', () => {
  it('serves the metrics', async () => {
    expect(await answer(await started(), '/metrics')).toEqual({ status: 200, body: 'weir_up 1\n' });
  });

  it('is live while a dependency is away, and says that it is not ready', async () => {
    const server = await started({ isReachable: false });
    expect((await answer(server, '/livez')).status).toBe(200);
    const { status, body } = await answer(server, '/readyz');
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 503,
      body: { status: 'waiting', failed: [], paused: [], dependencies: { postgres: 'unreachable' } },
    });
  });

  it('stays live and is not ready when a pipeline failed for good, and names it', async () => {
    const server = await started({ failed: ['billing.deliver'] });
    expect((await answer(server, '/livez')).status).toBe(200);
    const { status, body } = await answer(server, '/readyz');
    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 503,
      body: { status: 'failed', failed: ['billing.deliver'] },
    });
  });

  it('stays ready while a pipeline is paused, and names it', async () => {
    const { status, body } = await answer(await started({ paused: ['billing.deliver'] }), '/readyz');
    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
      status: 200,
      body: { status: 'ready', failed: [], paused: ['billing.deliver'] },
    });
  });

  it('names the option when its address is not of this machine', async () => {
    await expect(started({ host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'invalidOption',
      message: expect.stringContaining('WEIR_ADMIN_HOST') as string,
    });
  });

  it('is not ready before it has started, whatever answers', async () => {
    const { status, body } = await answer(await started({ hasStarted: false }), '/readyz');
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 503,
      body: { status: 'starting', failed: [], paused: [], dependencies: { postgres: 'reachable' } },
    });
    expect((await answer(await started(), '/readyz')).status).toBe(200);
  });

  it('is not ready from the moment on that it is told to stop', async () => {
    const { status, body } = await answer(await started({ isStopping: true }), '/readyz');
    expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({ status: 503, body: { status: 'stopping' } });
  });

  it('is not live when something has work and makes no progress, and names it', async () => {
    const { status, body } = await answer(await started({ standing: ['billing.deliver'] }), '/livez');
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 503,
      body: { status: 'standing', standing: ['billing.deliver'] },
    });
  });

  it('says which option to change when its port is in use', async () => {
    const { url } = await started();
    const port = Number(new URL(url).port);
    await expect(started({ port })).rejects.toMatchObject({
      code: 'portInUse',
      message: expect.stringContaining(`port ${port}`) as string,
    });
  });
});
