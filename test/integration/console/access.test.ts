import { beforeAll, describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { houseRoutes } from '../../../src/console/house/houseRoutes.ts';
import { roles } from '../../../src/console/route.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { anApi, type AnApi } from './anApi.ts';

const routes = [...houseRoutes, ...systems.routes].map(({ name, role }) => ({ name, role }));
const bearers = ['nobody', 'forged', 'revoked', ...roles] as const;
const matrix = routes.flatMap((route) => bearers.map((bearer) => ({ ...route, bearer })));

/** What nobody knows: so whoever is let in is refused for that, and nothing is done. */
const body = { reason: 'a test', nobodyKnowsThis: 1 };

/** Each address may fail 20 times a minute, and all of these are one: by this clock a minute passes between two looks. */
let minutes = 0;
const hastyClock = { ...realClock, elapsedMs: () => (minutes += 1) * 60_000 };

let api: AnApi;
beforeAll(async () => {
  // No route gets as far as its ports.
  const business = bindRoutes(systems.routes, {} as ReturnType<typeof systems.openPorts>);
  api = await anApi(() => [...bindRoutes(houseRoutes, {} as HousePorts), ...business], hastyClock);
});

describe('every route', () => {
  it.each(matrix)('$name ($role) answers $bearer as its role says', async ({ name, role, bearer }) => {
    const isKnown = bearer === 'viewer' || bearer === 'operator' || bearer === 'admin';
    const expected = !isKnown ? 401 : roles.indexOf(bearer) < roles.indexOf(role) ? 403 : 400;
    const { status, headers, body: answer } = await api.ask(bearer === 'nobody' ? undefined : api.tokens[bearer], name, body);
    expect({ status, answer }).toMatchObject({ status: expected, answer: { status: expected } });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('cache-control')).toBe('no-store');
    if (expected === 403) expect(answer).toMatchObject({ detail: `${name} needs the role ${role}; ${bearer} is ${bearer}` });
    if (expected === 401) expect(headers.get('www-authenticate')).toBe('Bearer');
    if (expected === 400)
      expect(answer).toMatchObject({ fields: expect.arrayContaining([expect.objectContaining({ field: 'nobodyKnowsThis' })]) as unknown });
  });
});

describe('what nobody is told without a token', () => {
  it.each(['/api', '/api/', '/api/no.such', '/api/job/none', '/api/job/run/more'])('is what there is at %s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status } = await fetch(api.url + path, { method });
      expect({ method, status }).toEqual({ method, status: path === '/api' ? 404 : 401 });
    }
  });

  it('and with one an address that is none is told as such', async () => {
    expect(await api.ask(api.tokens.viewer, 'no.such')).toMatchObject({ status: 404, body: { detail: 'there is no no.such' } });
    const { status } = await fetch(`${api.url}/api/job/run`, { headers: { authorization: `Bearer ${api.tokens.admin}` } });
    expect(status).toBe(404);
  });
});

describe('a token', () => {
  it.each([
    ['without its scheme', (token: string) => token],
    ['under another scheme', (token: string) => `Basic ${token}`],
    ['with more behind it', (token: string) => `Bearer ${token} x`],
    ['of another id', (token: string) => `Bearer ${token.replace(/^weir_\d+/, 'weir_999')}`],
    ['whose id is no number', (token: string) => `Bearer ${token.replace(/^weir_\d+/, "weir_1' OR '1'='1")}`],
    ['cut short', (token: string) => `Bearer ${token.slice(0, -1)}`],
  ])('%s is not good', async (_, authorizationOf) => {
    const headers = { authorization: authorizationOf(api.tokens.admin), 'content-type': 'application/json' };
    expect((await fetch(`${api.url}/api/audit/list`, { method: 'POST', headers, body: '{}' })).status).toBe(401);
  });

  it('is neither in the database nor in the log', async () => {
    await api.ask(api.tokens.viewer, 'job.run', body);
    const rows = JSON.stringify(await api.database.query('SELECT t::text FROM weir.api_token t'));
    const told = rows + JSON.stringify(api.log);
    for (const token of Object.values(api.tokens)) {
      const secret = token.slice(-43);
      for (const form of [secret, Buffer.from(secret).toString('hex')]) expect(told.includes(form)).toBe(false);
    }
  });
});
