import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineApiRoute } from '../../../src/api/apiRoute.ts';
import { callersOf } from '../../../src/api/callers.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { Problem } from '../../../src/http/problem.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { anApiServer } from '../../api/anApiServer.ts';
import { rightEnvironment, say } from '../../commandLine/aPlace.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase } from '../../support/services.ts';

const show = defineApiRoute({
  method: 'GET',
  path: '/accounts/:account',
  about: 'show an account',
  input: z.strictObject({ path: z.strictObject({ account: z.string().max(40).meta({ description: 'whose' }) }) }),
  answers: { 200: { about: 'it' } },
  answer: (_: undefined, { caller, input: { path } }) => {
    if (!caller.mayUse(path.account)) throw new Problem(404, 'there is no such account');
    return Promise.resolve({ status: 200, body: { caller: caller.name } });
  },
});

let database: PostgresDatabase;
let url: string;
beforeAll(async () => {
  url = await aMigratedDatabase();
  database = openDatabase({ url, clock: realClock });
  atTheEnd(() => database.close());
});

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function aServer(perSecond = { callerPerSecond: 1_000, addressPerSecond: 1_000 }, clock = realClock): Promise<string> {
  const callers = callersOf({ database, clock, log, ...perSecond });
  return (await anApiServer([show], undefined, { callers })).url;
}

async function command(...words: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
  return say([...words, '--json'], { ...rightEnvironment, WEIR_DATABASE_URL: url });
}

async function aCaller(name: string, ...accounts: readonly string[]): Promise<string> {
  const { output } = await command(
    'callers',
    'create',
    '--name',
    name,
    '--reason',
    'a test',
    ...accounts.flatMap((id) => ['--account', id]),
  );
  return (JSON.parse(output) as { token: string }).token;
}

async function statusOf(server: string, token: string | undefined, account = 'one'): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${server}/accounts/${account}`, { headers });
  await response.body?.cancel();
  return response.status;
}

describe('a caller', () => {
  it('is made with its accounts, may use them alone, and is out once it is revoked; the audit tells both', async () => {
    const server = await aServer();
    const token = await aCaller('partner', 'one', 'two');
    expect([await statusOf(server, token), await statusOf(server, token, 'two'), await statusOf(server, token, 'three')]).toEqual([
      200, 200, 404,
    ]);
    expect((await command('callers', 'revoke', '--name', 'partner', '--reason', 'it ends')).exitCode).toBe(0);
    expect(await statusOf(server, token)).toBe(401);
    expect((await command('callers', 'create', '--name', 'partner', '--reason', 'again')).exitCode).not.toBe(0);
    expect((await command('callers', 'revoke', '--name', 'partner', '--reason', 'again')).exitCode).not.toBe(0);
    const audit = await database.query("SELECT action, target, reason FROM weir.audit WHERE action LIKE 'callers.%' ORDER BY id");
    expect(audit).toEqual([
      { action: 'callers.create', target: 'partner', reason: 'a test' },
      { action: 'callers.revoke', target: 'partner', reason: 'it ends' },
    ]);
  });

  it('is known by its whole token alone, of which the database keeps a hash', async () => {
    const token = await aCaller('whole', 'one');
    const wrong = [
      undefined,
      token.slice(0, -1),
      token.replace('weirapi', 'weir'),
      `${token.slice(0, -43)}${'A'.repeat(43)}`,
      `${token} x`,
    ];
    const server = await aServer();
    for (const each of wrong) expect(await statusOf(server, each)).toBe(401);
    const rows = JSON.stringify(await database.query('SELECT c::text FROM weir.api_caller c')) + (await command('callers', 'list')).output;
    for (const form of [token.slice(-43), Buffer.from(token.slice(-43)).toString('hex')]) expect(rows).not.toContain(form);
  });

  it('that asks more often than it may waits, and no one else does', async () => {
    const server = await aServer({ callerPerSecond: 2, addressPerSecond: 1_000 }, virtualClock(new Date(0)));
    const [hasty, calm] = [await aCaller('hasty', 'one'), await aCaller('calm', 'one')];
    const statuses = [
      await statusOf(server, hasty),
      await statusOf(server, hasty),
      await statusOf(server, hasty),
      await statusOf(server, calm),
    ];
    expect(statuses).toEqual([200, 200, 429, 200]);
  });
});

describe('an address', () => {
  it('that asks too often is told when to ask again, before anything is looked up', async () => {
    const server = await aServer({ callerPerSecond: 1_000, addressPerSecond: 3 }, virtualClock(new Date(0)));
    for (const expected of [401, 401, 401, 429]) expect(await statusOf(server, undefined)).toBe(expected);
    const { headers } = await fetch(`${server}/none`);
    expect([headers.get('retry-after'), headers.get('content-type')]).toEqual(['1', expect.stringContaining('problem+json')]);
  });

  it('that guesses tokens waits, and a caller behind it does not', async () => {
    const server = await aServer(undefined, virtualClock(new Date(0)));
    const token = await aCaller('behind', 'one');
    expect(await statusOf(server, token)).toBe(200);
    for (let time = 0; time < 20; time += 1) expect(await statusOf(server, 'weirapi_1_guess')).toBe(401);
    expect([await statusOf(server, 'weirapi_1_guess'), await statusOf(server, token)]).toEqual([429, 200]);
  });
});
