import type { Topic } from '../src/connectors/bus.ts';
import type { Route } from '../src/console/route.ts';
import type { Pipeline } from '../src/runtime/definePipeline.ts';
import type { House } from '../src/runtime/house.ts';
import type { Job } from '../src/runtime/jobs/job.ts';
import type { Schedule } from '../src/runtime/schedules/schedule.ts';
import { claimStore } from './billing/claimStore.ts';
import { deadLetters, emailDeadLetters, type DeadLettersPorts } from './billing/deadLetters.pipeline.ts';
import { deliver, deliverGroup, type DeliverPorts } from './billing/deliver.pipeline.ts';
import { dispatch, type DispatchPorts } from './billing/dispatch.job.ts';
import { emailTopic } from './billing/dispatchedBill.ts';
import { dispatchStore } from './billing/dispatchStore.ts';
import { failLogStore } from './billing/failLogStore.ts';
import { parkStore } from './billing/parkStore.ts';
import { periodStore } from './billing/periodStore.ts';
import { recordStore } from './billing/recordStore.ts';
import { redispatch, type RedispatchPorts } from './billing/redispatch.job.ts';
import { redispatchStore } from './billing/redispatchStore.ts';
import { sendBillMail } from './billing/sendBillMail.ts';
import { dispatchSchedule, redispatchSchedule, settleSchedule } from './billing/schedules.ts';
import { settle, type SettlePorts } from './billing/settle.job.ts';
import { settleStore } from './billing/settleStore.ts';
import { parkedTeller } from './billing/tellParked.ts';
import { createIdentifiers } from './shared/identifiers.ts';

/** The ports of every pipeline and job. */
type Ports = SettlePorts & DispatchPorts & RedispatchPorts & DeliverPorts & DeadLettersPorts;

/** Everything of the business that a process can run: a pipeline, job or topic more is a line more. */
export const systems: {
  readonly topics: readonly Topic[];
  readonly pipelines: readonly Pipeline<Ports, unknown>[];
  readonly jobs: readonly Job<Ports, unknown, unknown, unknown>[];
  readonly schedules: readonly Schedule[];
  readonly routes: readonly Route<Ports>[];
  readonly openPorts: (house: House) => Ports;
} = {
  topics: [emailTopic, emailDeadLetters],
  pipelines: [deliver, deadLetters],
  jobs: [settle, dispatch, redispatch],
  schedules: [settleSchedule, dispatchSchedule, redispatchSchedule],
  routes: [],
  openPorts,
};

function openPorts({ database, bus, mailer, gate, keyRing, clock, log, count, sender, instance, node }: House): Ports {
  const now = (): Date => clock.now();
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node });
  const tellParked = parkedTeller({ log, count });
  return {
    clock,
    log,
    bus,
    settlement: settleStore(database, identifiers),
    periods: periodStore(database),
    dispatches: dispatchStore(database),
    redispatches: { ...redispatchStore(database), ...parkStore(database, tellParked) },
    emails: bus.publish(emailTopic),
    bills: { ...claimStore(database, { now, identifiers, instance }), ...recordStore(database, { now, identifiers, tellParked }) },
    failures: failLogStore(database, { now, identifiers }),
    mail: { send: sendBillMail({ mailer, keyRing, sender }), gate: gate('smtp') },
    oldestUnsettledAt: () => bus.oldestUnsettledAt(emailTopic, { group: deliverGroup }),
  };
}
