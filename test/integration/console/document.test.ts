import { fastify } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { adminDocument } from '../../../src/console/adminDocument.ts';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { houseRoutes } from '../../../src/console/house/houseRoutes.ts';
import { roles, type Role } from '../../../src/console/route.ts';
import { serveApi } from '../../../src/console/serveApi.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { anApi, type AnApi } from './anApi.ts';

interface Operation {
  readonly security: readonly object[];
  readonly 'x-weir-role'?: Role;
  readonly 'x-weir-kind'?: 'question' | 'look' | 'action';
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: { readonly required?: readonly string[] } } };
  };
}

const business = bindRoutes(systems.routes, {} as ReturnType<typeof systems.openPorts>);
const routes = [...bindRoutes(houseRoutes, {} as HousePorts), ...business];
const { paths } = adminDocument(routes) as unknown as { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Each address may fail 20 times a minute, and all of these are one: by this clock a minute passes between two looks. */
let minutes = 0;
const hastyClock = { ...realClock, elapsedMs: () => (minutes += 1) * 60_000 };

let api: AnApi;
beforeAll(async () => {
  api = await anApi(() => routes, hastyClock);
});

const bearers = ['nobody', 'forged', 'revoked', ...roles] as const;
const guarded = operations.filter(({ operation }) => operation.security.length > 0);
const matrix = guarded.flatMap((each) => bearers.map((bearer) => ({ ...each, bearer })));

describe('the document of the admin port', () => {
  it('names every address that the API answers', () => {
    const served: string[] = [];
    const server = fastify();
    server.addHook('onRoute', ({ url, method }) => {
      if (method === 'GET' || method === 'POST') served.push(url);
    });
    serveApi(server, () => undefined);
    const patterns = served.filter((url) => url.includes(':')).map((url) => new RegExp(`^${url.replaceAll(/:[a-z]+/g, '[a-z-]+')}$`));
    const documented = Object.keys(paths).filter((path) => path.startsWith('/api/'));
    expect(served.filter((url) => !url.includes(':')).toSorted()).toEqual(
      documented.filter((path) => !patterns.some((pattern) => pattern.test(path)) || served.includes(path)).toSorted(),
    );
    const declared = routes.flatMap(({ name, kind }) => {
      const path = `/api/${name.replace('.', '/')}`;
      return kind === 'action' ? [path, `${path}/effect`] : [path];
    });
    expect(documented.filter((path) => !served.includes(path)).toSorted()).toEqual(declared.toSorted());
  });

  it('says of each operation who may ask, and of actions and looks that they have a reason', () => {
    for (const { path, operation } of guarded.filter(({ operation }) => operation['x-weir-kind'] !== undefined)) {
      expect(roles).toContain(operation['x-weir-role']);
      const needsReason = operation['x-weir-kind'] !== 'question' && !path.endsWith('/effect');
      const { required = [] } = operation.requestBody?.content['application/json'].schema ?? {};
      expect({ path, hasReason: required.includes('reason') }).toEqual({ path, hasReason: needsReason });
    }
  });

  it.each(matrix)('$method $path answers $bearer as it says', async ({ path, method, operation, bearer }) => {
    const isKnown = bearer === 'viewer' || bearer === 'operator' || bearer === 'admin';
    const role = operation['x-weir-role'] ?? 'viewer';
    const isAllowed = isKnown && roles.indexOf(bearer) >= roles.indexOf(role);
    // What nobody knows: so whoever is let in is refused for that, and nothing is done.
    const expected = !isKnown ? 401 : !isAllowed ? 403 : operation['x-weir-kind'] === undefined ? 200 : 400;
    const headers = {
      'content-type': 'application/json',
      ...(bearer === 'nobody' ? {} : { authorization: `Bearer ${api.tokens[bearer]}` }),
    };
    const body = method === 'POST' ? JSON.stringify({ reason: 'a test', nobodyKnowsThis: 1 }) : undefined;
    const aborted = new AbortController();
    const answer = await fetch(api.url + path, { method, headers, ...(body === undefined ? {} : { body }), signal: aborted.signal });
    aborted.abort();
    const isSession = path === '/api/session/show';
    expect({ status: answer.status }).toEqual({ status: isSession && isKnown ? 200 : expected });
  });
});
