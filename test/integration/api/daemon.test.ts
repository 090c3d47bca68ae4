import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { loadOptions } from '../../../config/load.ts';
import { defineApiRoute } from '../../../src/api/apiRoute.ts';
import { createApiCaller } from '../../../src/api/callerTokens.ts';
import { runDaemon } from '../../../src/commandLine/daemon.ts';
import { joinedSchema, optionsOf } from '../../../src/commandLine/joinedOptions.ts';
import type { System } from '../../../src/system.ts';
import { openDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import { LogLevels } from '../../../src/logging/logLevels.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { stopSignals } from '../../../src/runtime/stopSignals.ts';
import { rightEnvironment } from '../../commandLine/aPlace.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase, aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';

interface Ports {
  readonly asked: PromiseWithResolvers<undefined>;
  readonly gate: Promise<undefined>;
}

const wait = defineApiRoute({
  method: 'POST',
  path: '/waits',
  about: 'wait',
  input: z.strictObject({}),
  answers: { 200: { about: 'it was waited' } },
  answer: async ({ asked, gate }: Ports) => {
    asked.resolve(undefined);
    await gate;
    return { status: 200, body: { waited: true } };
  },
});

/** Runs a daemon of one route in this process. */
async function aDaemon(ports: Ports, set: readonly string[] = []) {
  const [url, redis] = [await aMigratedDatabase(), await aRedis()];
  const database = openDatabase({ url, clock: realClock });
  atTheEnd(() => database.close());
  const token = await createApiCaller(database, { name: 'kim', accounts: [], at: new Date(), by: 'test' });
  const lines: (readonly [string, LogFields])[] = [];
  const add = (sentence: string, fields: LogFields = {}): void => void lines.push([sentence, fields]);
  const log = { debug: add, info: add, warn: add, error: add };
  const nothing = { topics: [], pipelines: [], jobs: [], schedules: [], routes: [], outboxes: [], gauges: [], groups: {}, encrypted: [] };
  const systems: System<Ports> = { ...nothing, apiRoutes: [wait], openPorts: () => ports };
  const environment = { ...rightEnvironment, WEIR_DATABASE_URL: url, WEIR_REDIS_URL: redis, WEIR_ADMIN_PORT: '0', WEIR_API_PORT: '0' };
  const options = optionsOf(loadOptions(joinedSchema(systems), { files: [], environment, set }).values);
  const target = new EventEmitter();
  const signals = stopSignals(target, log);
  const migrations = join(import.meta.dirname, '..', '..', '..', 'migrations');
  const levels = new LogLevels('info', realClock);
  const ended = runDaemon({ systems, options, migrations, clock: realClock, log, levels, signals, isHeld: false });
  const addressIn = (sentence: string): Promise<string> => until(sentence, () => lines.find(([said]) => said === sentence)?.[1].address);
  const post = async (): Promise<Response> =>
    fetch(`${await addressIn('public API open')}/waits`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  return { ended, lines, post, addressIn, stop: () => target.emit('SIGTERM', 'SIGTERM') };
}

const gated = (): Ports & { readonly open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { asked: Promise.withResolvers<undefined>(), gate: promise, open: () => resolve(undefined) };
};

it('a daemon serves its routes to callers, measures them, and answers what is under way before it ends', async () => {
  const ports = gated();
  const { ended, post, addressIn, stop } = await aDaemon(ports);
  const underWay = post();
  await ports.asked.promise;
  const admin = await addressIn('admin port open');
  expect((await fetch(`${admin}/api/audit/list`, { method: 'POST' })).status).toBe(401);
  const scraped = await (await fetch(`${admin}/metrics`)).text();
  expect(scraped).toContain('weir_api_requests_total{route="/waits",method="POST",status="2xx"} 0');
  stop();
  await until('no one is let in', () =>
    post().then(
      () => false,
      () => true,
    ),
  );
  ports.open();
  expect(await (await underWay).json()).toEqual({ waited: true });
  expect(await ended).toBe(0);
});

it('a daemon whose grace time is over cuts what is not answered, and says so by its exit code', async () => {
  const ports = gated();
  const { ended, post, stop } = await aDaemon(ports, ['runtime.stopGraceMs=50']);
  const underWay = expect(post()).rejects.toThrow();
  await ports.asked.promise;
  stop();
  expect(await ended).not.toBe(0);
  await underWay;
  ports.open();
});

it('a daemon without a port serves none', async () => {
  const { ended, lines, addressIn, stop } = await aDaemon(gated(), ['api.port=']);
  const admin = await addressIn('admin port open');
  await until('it has started', async () => !(await (await fetch(`${admin}/readyz`)).text()).includes('starting'));
  stop();
  expect(await ended).toBe(0);
  expect(lines.map(([sentence]) => sentence)).not.toContain('public API open');
});
