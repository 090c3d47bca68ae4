import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { until } from '../../support/until.ts';
import type { TcpProxy } from '../../support/tcpProxy.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { through } from '../crash/through.ts';
import { allDelivered, startDelivery, toDeliver, told, unhurried } from './toDeliver.ts';

vi.setConfig({ testTimeout: 180_000 });

const members = 120;
const everyBill = { flaws: [], bills: { COMPLETED: members - 1, FAILED: 0, waiting: 0, parked: 0 } };

/** How the database goes, once mails are on their way. */
const ways: readonly (readonly [string, (proxy: TcpProxy) => void])[] = [
  [
    'goes away',
    (proxy) => {
      proxy.refuse();
      proxy.cut();
    },
  ],
  ['answers no more on connections that stay open', (proxy) => proxy.hole()],
];

it.each(ways)('a database that %s between the server’s 250 and the record costs no bill and no restart', async (_, go) => {
  const month = await toDeliver({ members });
  const { environment, inbox } = month;
  const { proxy, url } = await through(environment['WEIR_DATABASE_URL']);
  // Mails take a while, so that most are still to come.
  inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 10 } });
  const struck = proxy.strike('billing.record', 'cutBefore', { nth: 3, call: () => go(proxy) });
  const limits = [...unhurried, 'database.statementTimeoutMs=1000', 'database.connectTimeoutMs=1000'];
  const daemon = startDelivery({ ...environment, WEIR_DATABASE_URL: url }, ...limits);
  await struck;
  const awayMs = performance.now();
  await until('it has been away for five seconds', () => performance.now() - awayMs > 5_000);
  const state = await told(daemon);
  expect(state).toMatchObject({ live: 200, isLawful: true });
  expect(state.ready).toContain('"postgres":"unreachable"');
  proxy.pass();
  await allDelivered(month);
  expect((await told(daemon)).ready).toContain('"postgres":"reachable"');
  expect((await daemon.ask('/metrics')).text).toContain('weir_pipeline_restarts_total{pipeline="billing.deliver"} 0');
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
  expect(await delivered(month)).toEqual(everyBill);
});

it('a server that has no connections left costs no bill and no restart', async () => {
  const month = await toDeliver({ members });
  const { database, environment, inbox } = month;
  inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 10 } });
  const role = `crowded_${randomBytes(6).toString('hex')}`;
  await database.execute(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  atTheEnd(() => database.execute(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  await database.execute(`GRANT ALL ON SCHEMA weir, billing TO ${role}`);
  for (const what of ['TABLES', 'SEQUENCES']) await database.execute(`GRANT ALL ON ALL ${what} IN SCHEMA weir, billing, public TO ${role}`);
  const url = new URL(environment['WEIR_DATABASE_URL'] ?? '');
  url.username = role;
  url.password = role;
  const daemon = startDelivery({ ...environment, WEIR_DATABASE_URL: url.href }, ...unhurried);
  await inbox.until(15, 30_000);
  await database.execute(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
  await database.query({ text: 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', values: [role] });
  const sinceMs = performance.now();
  await until('it has lasted for four seconds', () => performance.now() - sinceMs > 4_000);
  expect(await told(daemon)).toMatchObject({ live: 200, isLawful: true });
  expect(daemon.errors()).toContain('53300');
  await database.execute(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
  await allDelivered(month);
  expect((await daemon.ask('/metrics')).text).toContain('weir_pipeline_restarts_total{pipeline="billing.deliver"} 0');
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
  expect(await delivered(month)).toEqual(everyBill);
});
