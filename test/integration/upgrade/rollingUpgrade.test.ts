import { describe, expect, it, vi } from 'vitest';
import { dispatch } from '../../../pipelines/billing/dispatch.job.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import type { Service } from '../../../stack/service.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { startRelease, startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth } from '../crash/aMonth.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { weirHere } from '../crash/weirHere.ts';
import { allDelivered } from '../outages/toDeliver.ts';
import { nextPlanVersion, nextRelease } from './nextRelease.ts';

// Processes start and end in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

const members = 200;
const slowly = ['billing.deliver.window=20', 'billing.deliver.maxSpan=40', 'billing.deliver.send.concurrency=4', 'bus.idleLimitMs=1500'];
const words = ['run', '--profile', 'producer,consumer', ...slowly.flatMap((set) => ['--set', set])];

const isNewer = 'pipeline paused by a message of a newer version: start a Weir that reads that version, then restart this process';

async function delivers(daemon: WeirProcess): Promise<void> {
  await daemon.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
}

async function ends(daemon: WeirProcess): Promise<void> {
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
}

/** Two daemons deliver a month while each is replaced by one of the next release. */
async function upgradeOneByOne(kafka?: Service): Promise<void> {
  const month = await aMonth({ members, kafka });
  const { billing, bus, database, environment, inbox, lastDay } = month;
  const next = await nextRelease();
  const thisOne = (name: string): WeirProcess => startWeir({ ...environment, WEIR_INSTANCE: name }, ...words);
  const nextOne = (name: string): WeirProcess => startRelease(next, { ...environment, WEIR_INSTANCE: name }, ...words);
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', dayOf(billing, 15));
  inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 20 } });

  const old = [thisOne('old-1'), thisOne('old-2')] as const;
  await inbox.until(10, 30_000);
  const migration = startRelease(next, environment, 'migrate');
  expect(await migration.ended, migration.errors()).toEqual({ code: 0, signal: null });
  // Who has to go back starts the old release on the newer schema.
  await ends(old[0]);
  const again = thisOne('old-3');
  await delivers(again);
  await ends(again);

  const first = nextOne('new-1');
  await delivers(first);
  await insertRun(database, { job: dispatch.name, key: lastDay, planVersion: nextPlanVersion });
  await old[1].logged(isNewer, { pipeline: 'billing.deliver' });
  expect((await old[1].ask('/readyz')).text).toContain('billing.deliver');
  await ends(old[1]);
  // All of this has happened in the middle of the delivery.
  expect(inbox.count()).toBeLessThan(members - 1);
  const second = nextOne('new-2');
  await delivers(second);
  await first.logged('run left', { job: dispatch.name, key: lastDay, state: 'completed' });
  await allDelivered(month);
  for (const daemon of [first, second]) await ends(daemon);

  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: members - 1, FAILED: 0, waiting: 0, parked: 0 } });
  expect(await bus.deadLettersOf(emailTopic).page({ limit: 10 })).toEqual([]);
  // A run of the newer plan is worked on by those that know it.
  const worked = [...old, first].map((daemon) => daemon.log().some(({ msg, key }) => msg === 'run left' && key === lastDay));
  expect(worked).toEqual([false, false, true]);
}

it('two daemons are upgraded one by one in the middle of a delivery: every bill is mailed once', () => upgradeOneByOne());

describe.skipIf(sharedKafka() === undefined)('over Kafka', () => {
  it('two daemons are upgraded one by one in the middle of a delivery: every bill is mailed once', async () =>
    upgradeOneByOne(await aPrivateKafka()));
});
