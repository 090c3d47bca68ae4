import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { linkTopic } from '../../../pipelines/accountLinks/linkTopic.ts';
import { writeOnce } from '../../../src/connectors/redisStream/scripts.ts';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { through } from '../crash/through.ts';
import { eventually } from '../daemon/eventually.ts';
import { aLinkRequest } from './aLinkRequest.ts';
import { aLinkWorld, hasty, type LinkWorld } from './aLinkWorld.ts';
import { endEverything } from './endEverything.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What a process that is to die says to others passes here. */
interface Wire {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  readonly bank: TcpProxy;
  readonly kill: () => void;
}

type Moment = (wire: Wire) => void;

const onDatabase =
  (marker: string, how: Strike): Moment =>
  ({ database, kill }) =>
    void database.strike(marker, how, { call: kill });

const atCommit =
  (marker: string, how: Strike): Moment =>
  ({ database, kill }) =>
    void database.strike(marker, 'pass', { call: () => void database.strike('COMMIT', how, { call: kill }) });

const onRedis =
  (marker: string | RegExp, how: Strike): Moment =>
  ({ redis, kill }) =>
    void redis.strike(marker, how, { call: kill });

const atBank =
  (marker: string, how: Strike): Moment =>
  ({ bank, kill }) =>
    void bank.strike(marker, how, { call: kill });

const reading = /XREADGROUP.*\$1\r\n>\r\n/;
const settling = `$4\r\nXACK\r\n$13\r\n${linkTopic.name}\r\n`;
const burying = `${linkTopic.deadLetters}:written`;

const moments: readonly (readonly [string, Moment])[] = [
  ['once it has been given its entries', onRedis(reading, 'cutAfter')],
  ['before its requests are taken on', atCommit('accountLinks.insertLinks', 'cutBefore')],
  ['once its requests are taken on', atCommit('accountLinks.insertLinks', 'cutAfter')],
  ['before its claim', onDatabase('accountLinks.claim', 'cutBefore')],
  ['once its claim has committed', onDatabase('accountLinks.claim', 'cutAfter')],
  ['before the bank is asked', atBank('POST /partner-accounts', 'cutBefore')],
  ['once the bank has done it', atBank('POST /partner-accounts', 'cutAfter')],
  ['before its record', atCommit('accountLinks.end', 'cutBefore')],
  ['once its record has committed', atCommit('accountLinks.end', 'cutAfter')],
  ['before the row of a refusal', atCommit('accountLinks.refuse', 'cutBefore')],
  ['between the row of a refusal and its dead letter', onRedis(burying, 'cutBefore')],
  ['once the dead letter is written', onRedis(burying, 'cutAfter')],
  ['before it acknowledges', onRedis(settling, 'cutBefore')],
  ['once it has acknowledged', onRedis(settling, 'cutAfter')],
];

let world: LinkWorld;
let nth = 0;

beforeAll(async () => {
  world = await aLinkWorld();
  // Redis knows the script, so that the first request does what it asks for.
  await world.redis.script('LOAD', writeOnce.lua);
});

it.each(moments)('a daemon that is killed %s leaves every request to its end, registered once', async (_name, moment) => {
  nth += 1;
  const name = (which: string): string => `${which}-${nth}`;
  const refusedNumber = `666-000-${String(nth).padStart(6, '0')}`;
  const lostNumber = `777-000-${String(nth).padStart(6, '0')}`;
  world.bank.refuseNumber(refusedNumber.replaceAll('-', ''), 'ACCOUNT_CLOSED');
  world.bank.faults.add({ phase: 'after', to: lostNumber.replaceAll('-', ''), on: 'POST', action: { kind: 'cut' }, times: 1 });
  const requestOf = (which: string, accountNumber: string): object =>
    aLinkRequest({ requestId: name(`req-${which}`), accountId: name(which), accountNumber });
  const refused = requestOf('refused', refusedNumber);
  const plain = requestOf('plain', `110-000-${String(nth).padStart(6, '0')}`);
  await world.ask(plain, refused, requestOf('lost', lostNumber), plain, refused);

  const [database, redis, bank] = await Promise.all(
    ['DATABASE', 'REDIS', 'BANK'].map((service) => through(world.environment[`WEIR_${service}_URL`])),
  );
  if (database === undefined || redis === undefined || bank === undefined) throw new Error('no proxies');
  const proxied = { WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url, WEIR_BANK_URL: bank.url };
  const mortal = startWeir({ ...world.environment, ...proxied, WEIR_INSTANCE: name('mortal') }, 'run', ...hasty);
  onTestFinished(() => mortal.signal('SIGKILL'));
  moment({ database: database.proxy, redis: redis.proxy, bank: bank.proxy, kill: () => mortal.signal('SIGKILL') });
  expect(await mortal.ended, mortal.errors()).toEqual({ code: null, signal: 'SIGKILL' });

  const heir = startWeir({ ...world.environment, WEIR_INSTANCE: name('heir') }, 'run', ...hasty);
  onTestFinished(() => heir.signal('SIGKILL'));
  await endEverything(world);
  const ours = (await world.links()).filter(({ account }) => account.endsWith(`-${nth}`));
  expect(ours.map(({ account, status, seq }) => [account, status, seq])).toEqual([
    [name('lost'), 'ACTIVE', 1],
    [name('plain'), 'ACTIVE', 1],
    [name('refused'), 'FAILED', 1],
  ]);
  const atTheBank = world.bank.record().registrations.filter(({ account }) => account.endsWith(`-${nth}`));
  expect(atTheBank.map(({ account, status }) => [account, status]).sort()).toEqual([
    [name('lost'), 'REGISTERED'],
    [name('plain'), 'REGISTERED'],
    [name('refused'), 'REFUSED'],
  ]);
  const permanent = (await world.failures()).filter(({ request, kind }) => request === name('req-refused') && kind === 'PERMANENT');
  expect(permanent).toMatchObject([{ code: 'ACCOUNT_CLOSED' }]);
  const letters = (await world.letters()).filter(({ value }) => value.includes(name('req-refused')));
  expect(letters.length).toBeGreaterThan(0);
  expect(letters.every(({ code }) => code === 'refused')).toBe(true);
  await eventually('everything is settled', async () => (await world.unsettled()) === 0);
  expect(await heir.stop(), heir.errors()).toEqual({ code: 0, signal: null });
});
