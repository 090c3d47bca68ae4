import { expect, it } from 'vitest';
import { startWeir } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';
import { aLinkRequest } from './aLinkRequest.ts';
import { aLinkWorld } from './aLinkWorld.ts';

it('a request that another program writes to the stream becomes an active link', async () => {
  const world = await aLinkWorld();
  const daemon = startWeir(world.environment, 'run', '--profile', 'streams');
  await world.ask(aLinkRequest());
  await eventually('it is active', async () => (await world.links())[0]?.status === 'ACTIVE');
  await eventually('it is settled', async () => (await world.unsettled()) === 0);
  expect(await world.letters()).toEqual([]);
  expect(world.bank.record().registrations).toMatchObject([
    { account: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890', status: 'REGISTERED', requests: 1 },
  ]);
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
});
