import type { Topic } from '../connectors/bus.ts';
import { Api } from '../console/api.ts';
import { bindRoutes } from '../console/boundRoute.ts';
import { houseRoutes } from '../console/house/houseRoutes.ts';
import { Live } from '../console/overview/live.ts';
import type { Overview } from '../console/overview/overview.ts';
import type { LogLevels } from '../logging/logLevels.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { House } from '../runtime/house.ts';
import type { LetterIndex } from '../runtime/deadLetters/letterIndex.ts';
import type { KnownSchedule } from '../runtime/schedules/listSchedules.ts';
import type { Supervised } from '../runtime/supervise.ts';
import type { System } from '../system.ts';

export interface ApiSpec<P> {
  readonly systems: System<P>;
  readonly ports: P;
  readonly house: House;
  readonly levels: LogLevels;
  readonly schedules: readonly KnownSchedule[];
  readonly overview: Overview;
  readonly factsOf: Metrics['factsOf'];
  readonly letterIndexOf: (topic: Topic) => LetterIndex;
  /** The pipelines of this process. */
  readonly supervised: () => readonly Supervised[];
  /** Tells this process that there is a replay to work on. */
  readonly wakeReplays: () => void;
}

/** Opens what operators ask and do: the house's own routes and those of the business, over the ports of a daemon. */
export function openApi<P>({ systems, ports, house, ...told }: ApiSpec<P>): Api {
  const { database, clock, log, bus } = house;
  const { jobs, topics } = systems;
  const pipelines = systems.pipelines.map(({ name }) => name);
  const own = bindRoutes(houseRoutes, { database, clock, bus, jobs, topics, pipelines, ...told });
  const live = new Live({ show: () => told.overview.show(), clock, log });
  return new Api({ database, clock, log, routes: [...own, ...bindRoutes(systems.routes, ports)], live });
}
