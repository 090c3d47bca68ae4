import type { ApiRoute } from './api/apiRoute.ts';
import type { Topic } from './connectors/bus.ts';
import type { Route, RouteGroups } from './console/route.ts';
import type { Pipeline } from './runtime/definePipeline.ts';
import type { GaugeQuestion } from './runtime/gauges/gaugeQuestion.ts';
import type { House } from './runtime/house.ts';
import type { Job } from './runtime/jobs/job.ts';
import type { EncryptedRows } from './runtime/keys/encryptedRows.ts';
import type { OutboxSpec } from './runtime/outbox/outbox.ts';
import type { Schedule } from './runtime/schedules/schedule.ts';

/** A system of the business as a process runs it, or all of them joined: a pipeline, job or topic more is a line more. */
export interface System<P> {
  readonly topics: readonly Topic[];
  readonly pipelines: readonly Pipeline<P, unknown>[];
  readonly jobs: readonly Job<P, unknown, unknown, unknown>[];
  readonly schedules: readonly Schedule[];
  /** What its committed transactions publish; their topics stand among `topics`. */
  readonly outboxes: readonly OutboxSpec[];
  /** What the metrics tell of it, besides how its work goes. */
  readonly gauges: readonly GaugeQuestion[];
  /** What operators may ask and do, besides what the house itself offers. */
  readonly routes: readonly Route<P>[];
  /** What each group of these routes is about. */
  readonly groups: RouteGroups;
  /** What programs outside may ask and do. */
  readonly apiRoutes: readonly ApiRoute<P>[];
  /** Where personal data stands, for the rotation of keys. */
  readonly encrypted: readonly EncryptedRows[];
  /** Its ports, made from what the house offers. */
  openPorts(house: House): P;
}
