import { expect, it, onTestFinished } from 'vitest';
import { linkTopic } from '../../../pipelines/accountLinks/linkTopic.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';
import { aLinkRequest } from './aLinkRequest.ts';
import { aLinkWorld, hasty, type LinkWorld } from './aLinkWorld.ts';
import { endEverything } from './endEverything.ts';

function start({ environment }: LinkWorld, instance: string, ...words: readonly string[]): WeirProcess {
  const daemon = startWeir({ ...environment, WEIR_INSTANCE: instance }, 'run', ...hasty, ...words);
  onTestFinished(() => daemon.signal('SIGKILL'));
  return daemon;
}

const settled = (world: LinkWorld): Promise<unknown> => eventually('everything is settled', async () => (await world.unsettled()) === 0);

it('what other programs write in any other form is put aside with the reason, which names the field, and its neighbours go on', async () => {
  const world = await aLinkWorld();
  await world.ask('no JSON', aLinkRequest({ accountId: undefined }), aLinkRequest({ partner: 'ZULU', requestId: 'req-2' }));
  await world.ask(aLinkRequest({ accountNumber: 'hello world' }), aLinkRequest({ color: 'x'.repeat(5_000) }), aLinkRequest());
  await world.redis.xadd(linkTopic.name, '*', 'order', '12', 'partner', 'ALPHA');
  const daemon = start(world, 'one');
  await endEverything(world);
  const letters = await world.letters();
  const told = (part: string): readonly string[] => letters.filter(({ text }) => text.includes(part)).map(({ code }) => code);
  expect(letters).toHaveLength(6);
  expect(told('JSON was expected')).toEqual(['undecodable']);
  expect(told('accountId: expected')).toEqual(['undecodable']);
  expect(told('partner: expected the code of a partner: ALPHA, BRAVO, CHARLIE')).toEqual(['undecodable']);
  expect(told('accountNumber: expected an account number')).toEqual(['undecodable']);
  expect(told('the topic allows 4096')).toEqual(['oversize']);
  expect(told('lacks the field `value`')).toEqual(['undecodable']);
  expect(letters.find(({ text }) => text.includes('lacks'))?.value).toContain('"order","12"');
  expect(await world.links()).toMatchObject([{ account: 'acc-1', partner: 'ALPHA', status: 'ACTIVE', request: 'req-1' }]);
  const counts = countsOf((await daemon.ask('/metrics')).text);
  expect(counts.filter((count) => !isLawful(count))).toEqual([]);
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
  expect(daemon.errors()).not.toMatch(/110-?234-?567890|hello world/);
});

it('two daemons share a stream of requests that come three times and in any order; one dies, and the other takes its entries over', async () => {
  const world = await aLinkWorld();
  const chance = virtualClock(new Date(0), 7);
  const numbers = Array.from({ length: 60 }, (_, at) => `110-${String(100_000 + at)}`);
  const requests = numbers.map((accountNumber, at) => aLinkRequest({ requestId: `req-${at}`, accountId: `acc-${at}`, accountNumber }));
  const thrice = [...requests, ...requests, ...requests].map((request) => ({ request, place: chance.random() }));
  world.bank.faults.add({ phase: 'after', on: 'POST', action: { kind: 'delay', delayMs: 30 } });
  world.bank.refuseNumber('110100007', 'ACCOUNT_CLOSED');
  const [dying, living] = ['dying', 'living'].map((instance) =>
    start(world, instance, '--set', 'accountLinks.register.send.concurrency=4'),
  );
  if (dying === undefined || living === undefined) throw new Error('no daemons');
  await Promise.all([dying, living].map((daemon) => daemon.logged('pipeline state', { state: 'running' })));
  await world.ask(...thrice.sort((one, other) => one.place - other.place).map(({ request }) => request));
  await eventually('some are registered', () => world.bank.record().registrations.length > 15);
  dying.signal('SIGKILL');
  await dying.ended;
  await endEverything(world);
  const links = await world.links();
  expect(links).toHaveLength(60);
  expect(links.filter(({ status }) => status !== 'ACTIVE')).toMatchObject([{ account: 'acc-7', status: 'FAILED' }]);
  const registered = world.bank.record().registrations.map(({ account }) => account);
  expect([registered.length, new Set(registered).size]).toEqual([60, 60]);
  expect((await world.failures()).filter(({ kind }) => kind === 'PERMANENT')).toMatchObject([{ request: 'req-7' }]);
  await settled(world);
  const counts = countsOf((await living.ask('/metrics')).text);
  expect(counts.filter((count) => !isLawful(count))).toEqual([]);
  expect(await living.stop(), living.errors()).toEqual({ code: 0, signal: null });
});
