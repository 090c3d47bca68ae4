import { systems } from '../../../pipelines/index.ts';
import { bindApiRoutes } from '../../../src/api/boundApiRoute.ts';
import { callersOf } from '../../../src/api/callers.ts';
import { createApiCaller } from '../../../src/api/callerTokens.ts';
import { startApi } from '../../../src/api/startApi.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import type { Remittance, RemittanceProcess } from './aRemittance.ts';

/** What was answered. */
export interface Said {
  readonly status: number;
  readonly text: string;
}

/** The public API of a process, and a caller with a token. */
export interface Api {
  readonly url: string;
  ask(path: string, token: string): Promise<Said>;
  post(path: string, token: string, key: string, body: string): Promise<Said>;
}

/** Serves the public API of a process over the calendar of its world. */
export async function anApi(remittance: Remittance, { ports }: RemittanceProcess): Promise<Api> {
  const { database, now } = remittance;
  const clock = { ...realClock, now };
  const server = await startApi({
    ...{ host: '127.0.0.1', port: 0, clock, routes: bindApiRoutes(systems.apiRoutes, ports), log: silent },
    limits: { bodyBytes: 4_096, requestTimeoutMs: 10_000, maxConnections: 100 },
    callers: callersOf({ database, clock, log: silent, callerPerSecond: 1_000_000, addressPerSecond: 1_000_000 }),
    meter: { watch: () => undefined, answered: () => undefined },
  });
  atTheEnd(async () => {
    await server.close(AbortSignal.abort());
  });
  const said = async (response: Response): Promise<Said> => ({ status: response.status, text: await response.text() });
  return {
    url: server.url,
    ask: async (path, token) => said(await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } })),
    post: async (path, token, key, body) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
      return said(await fetch(`${server.url}${path}`, { method: 'POST', headers, body }));
    },
  };
}

/** A caller of these accounts; answers its token. */
export function aCaller({ database, now }: Remittance, name: string, accounts: readonly string[]): Promise<string> {
  return createApiCaller(database, { name, accounts, at: now(), by: 'test' });
}
