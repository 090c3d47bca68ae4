import { expect, it, onTestFinished } from 'vitest';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';
import { aLinkRequest } from './aLinkRequest.ts';
import { aLinkWorld, hasty } from './aLinkWorld.ts';
import { endEverything } from './endEverything.ts';

it('where Redis has lost its data, what stands in rows is brought to its end, and what comes then is read', async () => {
  const world = await aLinkWorld();
  const start = (instance: string): WeirProcess => {
    const daemon = startWeir({ ...world.environment, WEIR_INSTANCE: instance }, 'run', ...hasty);
    onTestFinished(() => daemon.signal('SIGKILL'));
    return daemon;
  };
  world.bank.faults.add({ phase: 'before', action: { kind: 'silence' } });
  await world.ask(...[1, 2, 3].map((nth) => aLinkRequest({ requestId: `req-${nth}`, accountId: `acc-${nth}` })));
  const dying = start('dying');
  await eventually('they are taken on', async () => (await world.links()).filter(({ status }) => status === 'REGISTERING').length === 3);
  dying.signal('SIGKILL');
  await dying.ended;
  await world.redis.flushdb();
  world.bank.faults.clear();

  const heir = start('heir');
  await heir.logged('pipeline state', { state: 'running' });
  await endEverything(world);
  expect((await world.links()).map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);

  // In the middle of its reading: the group goes with the stream, and is made anew.
  await world.redis.flushdb();
  await world.ask(aLinkRequest({ requestId: 'req-4', accountId: 'acc-4' }));
  await eventually('it is taken on', async () => (await world.links()).at(-1)?.account === 'acc-4');
  await endEverything(world);
  expect((await world.links()).at(-1)?.status).toBe('ACTIVE');
  expect(
    world.bank
      .record()
      .registrations.map(({ account }) => account)
      .sort(),
  ).toEqual(['acc-1', 'acc-2', 'acc-3', 'acc-4']);
  expect(await heir.stop(), heir.errors()).toEqual({ code: 0, signal: null });
});
