import { describe, expect, it, vi } from 'vitest';
import { dispatch } from '../../../pipelines/billing/dispatch.job.ts';
import { deadLetters } from '../../../pipelines/billing/deadLetters.pipeline.ts';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { pausePipeline, resumePipeline } from '../../../src/runtime/pauses/pauseStore.ts';
import type { Service } from '../../../stack/service.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { startRelease, startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { until } from '../../support/until.ts';
import { aMonth } from '../crash/aMonth.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { loggedDeadLetters } from '../crash/loggedDeadLetters.ts';
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

/** Two daemons deliver a month, with mails that are refused, while each is replaced by one of the next release. */
async function upgradeOneByOne(kafka?: Service): Promise<void> {
  const month = await aMonth({ members, kafka });
  const { billing, database, environment, inbox, lastDay } = month;
  const next = await nextRelease();
  const thisOne = (name: string): WeirProcess => startWeir({ ...environment, WEIR_INSTANCE: name }, ...words);
  const nextOne = (name: string): WeirProcess => startRelease(next, { ...environment, WEIR_INSTANCE: name }, ...words);
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', dayOf(billing, 15));
  inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 20 } });
  inbox.faults.add({ phase: 'rcpt', to: '7@', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });

  const old = [thisOne('old-1'), thisOne('old-2')] as const;
  await inbox.until(10, 30_000);
  const migration = startRelease(next, environment, 'migrate');
  expect(await migration.ended, migration.errors()).toEqual({ code: 0, signal: null });
  // Who has to go back starts the old release on the newer schema.
  await ends(old[0]);
  const again = thisOne('old-3');
  await delivers(again);
  await ends(again);

  // What is refused from now on is logged below, where an old daemon finds it first.
  await pausePipeline(database, { pipeline: deadLetters.name, actor: 'test', reason: 'later', pausedAt: new Date() });
  const first = nextOne('new-1');
  await delivers(first);
  await insertRun(database, { job: dispatch.name, key: lastDay, planVersion: nextPlanVersion });
  await old[1].logged(isNewer, { pipeline: 'billing.deliver' });
  // All of this has happened in the middle of the delivery: what the old one cannot read has yet to be taken over.
  const { COMPLETED, FAILED } = (await delivered(month)).bills;
  expect(COMPLETED + FAILED).toBeLessThan(members - 1);
  expect((await old[1].ask('/readyz')).text).toContain('billing.deliver');
  await ends(old[1]);
  const second = nextOne('new-2');
  await delivers(second);
  await first.logged('run left', { job: dispatch.name, key: lastDay, state: 'completed' });
  await allDelivered(month);
  for (const daemon of [first, second]) await ends(daemon);

  // An old daemon alone meets dead letters of the newer version: it leaves them to a new one.
  await resumePipeline(database, deadLetters.name);
  const back = thisOne('old-4');
  await back.logged(isNewer, { pipeline: deadLetters.name });
  await ends(back);
  const last = nextOne('new-3');
  await until('all dead letters are settled', async () => (await loggedDeadLetters(month)).areSettled, { limitMs: 60_000 });
  await ends(last);

  const { flaws, bills } = await delivered(month);
  expect(flaws).toEqual([]);
  expect(bills).toEqual({ COMPLETED: inbox.count(), FAILED: members - 1 - inbox.count(), waiting: 0, parked: 0 });
  expect(bills.FAILED).toBeGreaterThan(0);
  expect(await loggedDeadLetters(month)).toEqual({ letters: bills.FAILED, areSettled: true, flaws: [] });
  // A run of the newer plan is worked on by those that know it.
  const worked = [...old, first].map((daemon) => daemon.log().some(({ msg, key }) => msg === 'run left' && key === lastDay));
  expect(worked).toEqual([false, false, true]);
}

it('two daemons are upgraded one by one in the middle of a delivery: every bill is mailed or logged once', () => upgradeOneByOne());

describe.skipIf(sharedKafka() === undefined)('over Kafka', () => {
  it('two daemons are upgraded one by one in the middle of a delivery: every bill is mailed or logged once', async () =>
    upgradeOneByOne(await aPrivateKafka()));
});
