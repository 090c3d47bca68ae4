import { expect, it, vi } from 'vitest';
import { listPauses, pausePipeline, resumePipeline } from '../../../src/runtime/pauses/pauseStore.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { allDelivered, startDelivery, toDeliver } from './toDeliver.ts';

vi.setConfig({ testTimeout: 120_000 });

const paused = { pipeline: 'billing.deliver', state: 'paused', reason: 'paused by alice' };

function isShownPaused(text: string): boolean {
  return (
    text.includes('weir_pipeline_paused{pipeline="billing.deliver"} 1') && text.includes('{pipeline="billing.deliver",state="paused"} 1')
  );
}

it('a pause lasts over restarts and reaches every daemon, until the pipeline is resumed', async () => {
  const month = await toDeliver({ members: 40 });
  const { database, environment, inbox } = month;
  const pausedAt = new Date();
  const pause = { pipeline: 'billing.deliver', actor: 'alice', reason: 'the template is wrong', pausedAt };
  // Before there is a daemon: it does not read a single message.
  expect(await database.withTransaction((transaction) => pausePipeline(transaction, pause))).toBe(true);
  expect(await database.withTransaction((transaction) => pausePipeline(transaction, { ...pause, actor: 'bob' }))).toBe(false);
  expect(await listPauses(database)).toEqual([pause]);

  const first = startDelivery(environment, 'jobs.pollMs=60000');
  await first.logged('pipeline state', paused);
  expect(isShownPaused((await first.ask('/metrics')).text)).toBe(true);
  expect((await first.ask('/readyz')).text).toContain('"paused":["billing.deliver"]');
  expect(await first.stop(), first.errors()).toEqual({ code: 0, signal: null });
  expect(inbox.count()).toBe(0);

  // Two daemons follow by notification alone: their polls come a minute later.
  const daemons = [1, 2].map((number) => startDelivery({ ...environment, WEIR_INSTANCE: `number${number}` }, 'jobs.pollMs=60000'));
  for (const daemon of daemons) await daemon.logged('pipeline state', paused);
  await database.withTransaction((transaction) => resumePipeline(transaction, 'billing.deliver'));
  for (const daemon of daemons) await daemon.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
  await allDelivered(month);
  expect(inbox.count()).toBe(39);
  await database.withTransaction((transaction) => pausePipeline(transaction, pause));
  const isPaused = async (daemon: WeirProcess): Promise<boolean> => isShownPaused((await daemon.ask('/metrics')).text);
  for (const daemon of daemons) await until('it is paused while it runs', () => isPaused(daemon));
  for (const daemon of daemons) expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
});

it('a pause that nobody tells is found by looking', async () => {
  const { database, environment } = await toDeliver({ members: 2 });
  const daemon = startDelivery(environment, 'jobs.pollMs=50');
  await daemon.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
  await database.execute("INSERT INTO weir.pipeline_pause VALUES ('billing.deliver', 'alice', 'why not', now())");
  await daemon.logged('pipeline state', paused);
  expect(await database.withTransaction((transaction) => resumePipeline(transaction, 'billing.other'))).toBe(false);
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
});

it('a daemon that is held reads nothing when an operator resumes; one that is started without --hold does', async () => {
  const month = await toDeliver({ members: 10 });
  const { database, environment, inbox } = month;
  const pause = { pipeline: 'billing.deliver', actor: 'alice', reason: 'after a restore', pausedAt: new Date() };
  const held = startWeir(environment, 'run', '--hold', '--profile', 'consumer');
  await held.logged('pipeline state', { ...paused, reason: 'held at start' });
  await database.withTransaction((transaction) => pausePipeline(transaction, pause));
  await held.logged('pipeline state', { ...paused, reason: 'held at start; paused by alice' });
  const isHeldAlone = (): boolean => held.log().findLast(({ pipeline }) => pipeline === 'billing.deliver')?.['reason'] === 'held at start';
  const free = startDelivery(environment, 'jobs.pollMs=60000');
  await free.logged('pipeline state', paused);
  expect(inbox.count()).toBe(0);
  await database.withTransaction((transaction) => resumePipeline(transaction, 'billing.deliver'));
  await until('the held one has heard of it', isHeldAlone);
  expect((await held.ask('/metrics')).text).toContain('weir_pipeline_state{pipeline="billing.deliver",state="paused"} 1');
  await allDelivered(month);
  expect(await free.stop(), free.errors()).toEqual({ code: 0, signal: null });
  expect((await held.ask('/metrics')).text).toContain('weir_pipeline_received_total{pipeline="billing.deliver"} 0');
  expect(await held.stop(), held.errors()).toEqual({ code: 0, signal: null });
});
