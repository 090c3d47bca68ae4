import type { ApiRoute } from '../src/api/apiRoute.ts';
import type { Topic } from '../src/connectors/bus.ts';
import type { Route, RouteGroups } from '../src/console/route.ts';
import type { Pipeline } from '../src/runtime/definePipeline.ts';
import type { GaugeQuestion } from '../src/runtime/gauges/gaugeQuestion.ts';
import type { House } from '../src/runtime/house.ts';
import type { Job } from '../src/runtime/jobs/job.ts';
import type { EncryptedRows } from '../src/runtime/keys/encryptedRows.ts';
import type { OutboxSpec } from '../src/runtime/outbox/outbox.ts';
import type { Schedule } from '../src/runtime/schedules/schedule.ts';

/** One system of the business as a process runs it: a pipeline, job or topic more is a line more. */
export interface System<P> {
  readonly topics: readonly Topic[];
  readonly pipelines: readonly Pipeline<P, unknown>[];
  readonly jobs: readonly Job<P, unknown, unknown, unknown>[];
  readonly schedules: readonly Schedule[];
  readonly outboxes: readonly OutboxSpec[];
  readonly gauges: readonly GaugeQuestion[];
  readonly routes: readonly Route<P>[];
  readonly groups: RouteGroups;
  readonly apiRoutes: readonly ApiRoute<P>[];
  readonly encrypted: readonly EncryptedRows[];
  /** Its ports, made from what the house offers. */
  openPorts(house: House): P;
}
