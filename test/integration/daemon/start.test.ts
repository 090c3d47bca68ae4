import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { aDatabase } from '../../support/services.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { runWeir, startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';

/** The same database behind a proxy that refuses connections. */
async function refusedDatabase(url: string): Promise<{ readonly url: string; readonly proxy: TcpProxy }> {
  const behind = new URL(url);
  const proxy = await TcpProxy.start({ port: Number(behind.port) });
  atTheEnd(() => proxy.close());
  proxy.refuse();
  behind.port = String(proxy.port);
  return { url: behind.href, proxy };
}

async function onDatabase(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

describe('a daemon without its database', () => {
  it('says that it waits, is live and not ready, and starts by itself when the database is there', async () => {
    const month = await aMonth();
    await month.load([{}, {}]);
    await month.dispatch();
    const { url, proxy } = await refusedDatabase(month.environment['WEIR_DATABASE_URL'] ?? '');
    const weir = startWeir({ ...month.environment, WEIR_DATABASE_URL: url }, 'run');

    const waiting = await weir.logged('waiting for the database');
    expect(waiting).toMatchObject({ code: 'unavailable', error: expect.stringContaining('PostgreSQL cannot be reached') as string });
    expect((await weir.ask('/livez')).status).toBe(200);
    const ready = await weir.ask('/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toEqual({ status: 'starting', failed: [], paused: [], dependencies: { postgres: 'unreachable' } });
    expect((await weir.ask('/metrics')).status).toBe(200);

    proxy.pass();
    await eventually('2 mails came', () => month.inbox.count() >= 2);
    const readyNow = await eventually('it is ready', async () => {
      const answer = await weir.ask('/readyz');
      return answer.status === 200 ? answer : undefined;
    });
    expect(JSON.parse(readyNow.text)).toEqual({
      ...{ status: 'ready', failed: [], paused: [], dependencies: { postgres: 'reachable', redis: 'reachable', smtp: 'reachable' } },
    });
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(await month.bills()).toEqual({ COMPLETED: 2 });
  });

  it('ends with 0 when it is asked to stop while it waits: there is nothing to drain', async () => {
    const month = await aMonth();
    const { url } = await refusedDatabase(month.environment['WEIR_DATABASE_URL'] ?? '');
    const weir = startWeir({ ...month.environment, WEIR_DATABASE_URL: url }, 'run');
    await weir.logged('waiting for the database');
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(weir.log().filter(({ msg }) => msg === 'cannot start')).toEqual([]);
  });
});

describe('a job in the foreground without its database', () => {
  it('says that it waits, and ends with 1 when it is asked to stop: nothing was done', async () => {
    const month = await aMonth();
    const { url } = await refusedDatabase(month.environment['WEIR_DATABASE_URL'] ?? '');
    const weir = startWeir(
      { ...month.environment, WEIR_DATABASE_URL: url },
      'run',
      '--job',
      'billing.settle',
      '--key',
      month.month.billing,
    );
    await weir.logged('waiting for the database');
    expect(await weir.stop()).toEqual({ code: 1, signal: null });
    expect(weir.errors()).toContain('stopped while waiting for the database');
  });
});

describe('a daemon on a schema that does not fit', () => {
  it('ends with 78 and says what to do when the schema is behind, and runs after that was done', async () => {
    const month = await aMonth();
    const environment = { ...month.environment, WEIR_DATABASE_URL: await aDatabase() };
    const weir = startWeir(environment, 'run');
    expect((await weir.logged('cannot start'))['error']).toMatch(/^the database lacks 0001_weir.*0200_billing.*: run weir migrate$/);
    expect(await weir.ended).toEqual({ code: 78, signal: null });

    const job = await runWeir(environment, 'run', '--job', 'billing.settle', '--key', '2026-01');
    expect(job.code).toBe(78);
    expect(job.errors).toContain('run weir migrate');

    const migrated = await runWeir(environment, 'migrate');
    expect(migrated.code).toBe(0);
    expect(migrated.output).toMatch(/^Applied 0001_weir, .*0200_billing.*\.\n$/);
    expect((await runWeir(environment, 'migrate', '--json')).output).toContain('"applied": []');
    const running = startWeir(environment, 'run');
    await running.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
    expect(await running.stop()).toEqual({ code: 0, signal: null });
  });

  it('ends with 78 when a newer Weir has changed the database and forbids it', async () => {
    const month = await aMonth();
    const insert = `INSERT INTO weir.schema_compatibility VALUES ('9999_contract', 'takes a column away')`;
    await onDatabase(month.environment['WEIR_DATABASE_URL'] ?? '', insert);
    const weir = startWeir(month.environment, 'run');
    expect((await weir.logged('cannot start'))['error']).toContain('a newer Weir changed the database (9999_contract');
    expect(await weir.ended).toEqual({ code: 78, signal: null });
  });
});

describe('a daemon without a key that personal data is encrypted under', () => {
  it('ends with 78 and names the key, and so does the check of its options; it starts once the key is in its ring', async () => {
    const month = await aMonth();
    await month.load([{}]);
    const other = `other:${Buffer.alloc(32, 6).toString('base64')}`;
    const lacking = { ...month.environment, WEIR_KEYS_RING: other };
    const sentence = "key test is not in this process's ring (keys.ring): put it there and restart";
    const weir = startWeir(lacking, 'run');
    expect(await weir.logged('cannot start')).toMatchObject({ code: 'keyMissing', error: sentence });
    expect(await weir.ended).toEqual({ code: 78, signal: null });
    const check = await runWeir(lacking, 'config', 'check', '--connect', '--json');
    expect(check.code).toBe(78);
    expect(JSON.parse(check.output)).toContainEqual({ what: 'keys', isRight: false, said: sentence });

    const both = { ...month.environment, WEIR_KEYS_RING: `${other},${month.environment['WEIR_KEYS_RING'] ?? ''}` };
    expect((await runWeir(both, 'config', 'check', '--connect')).code).toBe(0);
    const running = startWeir(both, 'run');
    await running.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
    expect(await running.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a daemon whose admin port is in use', () => {
  it('ends with 78, since starting again does not help, and one line that says which option to change', async () => {
    const month = await aMonth();
    const occupant = createServer().listen(0, '127.0.0.1');
    atTheEnd(() => new Promise((resolve) => occupant.close(resolve)));
    await new Promise((resolve) => occupant.once('listening', resolve));
    const { port } = occupant.address() as AddressInfo;
    const { code, output, errors } = await runWeir({ ...month.environment, WEIR_ADMIN_PORT: String(port) }, 'run');
    expect({ code, output }).toEqual({ code: 78, output: '' });
    expect(errors.split('\n')).toHaveLength(1);
    expect(errors).toContain(`port ${port} on 127.0.0.1 is in use: set admin.port (WEIR_ADMIN_PORT) to a free one, or 0 for any`);
  });
});
