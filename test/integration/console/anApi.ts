import { Api } from '../../../src/console/api.ts';
import { startAdminServer } from '../../../src/console/adminServer.ts';
import { Live } from '../../../src/console/overview/live.ts';
import { createToken, revokeToken } from '../../../src/console/apiTokens.ts';
import type { BoundRoute } from '../../../src/console/boundRoute.ts';
import { roles, type Role } from '../../../src/console/route.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Clock } from '../../../src/message/clock.ts';
import type { LogFields, Logger } from '../../../src/logging/logger.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase } from '../../support/services.ts';

/** What the API answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** An admin port with an API over a database of its own, and a token of each role. */
export interface AnApi {
  readonly database: PostgresDatabase;
  readonly url: string;
  readonly tokens: Readonly<Record<Role | 'revoked' | 'forged', string>>;
  /** Lines of its log: sentence and fields. */
  readonly log: readonly (readonly [string, LogFields])[];
  /** Asks with a token (none: without the header), and a body that is sent as JSON. */
  ask(token: string | undefined, name: string, body?: unknown): Promise<Answered>;
  audit(): Promise<readonly Record<string, unknown>[]>;
}

const at = new Date('2026-11-01T00:00:00Z');

/** Starts an API with the routes that are made from its database. */
export async function anApi(routesOn: (database: PostgresDatabase) => readonly BoundRoute[], clock: Clock = realClock): Promise<AnApi> {
  const database = openDatabase({ url: await aMigratedDatabase(), clock: realClock });
  atTheEnd(() => database.close());
  const lines: (readonly [string, LogFields])[] = [];
  const add = (sentence: string, fields: LogFields = {}): void => void lines.push([sentence, fields]);
  const log: Logger = { debug: add, info: add, warn: add, error: add };
  const live = new Live({ show: () => Promise.resolve({ instance: 'test' }), clock: realClock, log });
  const api = new Api({ database, clock, log, routes: routesOn(database), live });
  const server = await startAdminServer({
    ...{ host: '127.0.0.1', port: 0, api: () => api },
    scrape: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    standing: () => [],
    dependencies: () => [],
    hasStarted: () => true,
    isStopping: () => false,
    failed: () => [],
    paused: () => [],
  });
  atTheEnd(() => server.close());
  const make = (name: string, role: Role): Promise<string> => createToken(database, { name, role, at, by: 'test' });
  const [viewer, operator, admin, revoked] = await Promise.all([...roles.map((role) => make(role, role)), make('gone', 'admin')]);
  await revokeToken(database, { name: 'gone', at, by: 'test' });
  const tokens = { viewer, operator, admin, revoked, forged: `${admin?.slice(0, -43) ?? ''}${'A'.repeat(43)}` } as AnApi['tokens'];
  return {
    ...{ database, tokens, url: server.url, log: lines },
    ask: async (token, name, body = {}) => {
      const response = await fetch(`${server.url}/api/${name.replace('.', '/')}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    audit: () => database.query('SELECT actor, role, action, target, reason, input, result FROM weir.audit ORDER BY id'),
  };
}
