import { bindApiRoutes } from '../api/boundApiRoute.ts';
import { callersOf } from '../api/callers.ts';
import { startApi, type ApiServer } from '../api/startApi.ts';
import type { ApiMeter } from '../metrics/apiMetrics.ts';
import type { House } from '../runtime/house.ts';
import type { ProcessOptions } from './joinedOptions.ts';
import type { System } from '../system.ts';

export interface PublicApiSpec<P> {
  readonly systems: Pick<System<P>, 'apiRoutes'>;
  readonly ports: P;
  readonly house: Pick<House, 'database' | 'clock' | 'log'>;
  readonly options: ProcessOptions['api'];
  readonly meter: ApiMeter;
}

/** Serves what programs outside may ask and do; undefined where this process has no port for it, or there is nothing to serve. */
export async function servePublicApi<P>({ systems, ports, house, options, meter }: PublicApiSpec<P>): Promise<ApiServer | undefined> {
  const { host, port, bodyLimitBytes, requestTimeoutMs, maxConnections, callerPerSecond, addressPerSecond } = options;
  if (port === '' || systems.apiRoutes.length === 0) return undefined;
  const { database, clock, log } = house;
  const server = await startApi({
    ...{ host, port, clock, log, meter },
    limits: { bodyBytes: bodyLimitBytes, requestTimeoutMs, maxConnections },
    routes: bindApiRoutes(systems.apiRoutes, ports),
    callers: callersOf({ database, clock, log, callerPerSecond, addressPerSecond }),
  });
  log.info('public API open', { address: server.url });
  return server;
}
