import { beforeAll, expect, test } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { kill, open, throughProxy } from './aPostgres.ts';

let url: string;
let database: PostgresDatabase;

beforeAll(async () => {
  url = await aDatabase();
  database = open(url);
});

const notify = (channel: string, payload: string): Promise<number> =>
  database.execute({ text: 'SELECT pg_notify($1, $2)', values: [channel, payload] });
const listening = async (applicationName: string): Promise<number> =>
  (await database.query({ text: 'SELECT 1 FROM pg_stat_activity WHERE application_name = $1', values: [applicationName] })).length;

test('a notification wakes; listening begins with a wake, since something may have been missed', async () => {
  const heard: string[] = [];
  const stop = open(url).listen('Bill "made"', (payload) => heard.push(payload));
  await until('listening began', () => heard.length === 1);
  await notify('Bill "made"', 'x');
  await until('it woke', () => heard.length === 2);
  expect(heard).toEqual(['', 'x']);
  stop();
});

test('a listener whose backend is killed listens again, wakes once for what it missed, and the process lives', async () => {
  const heard: string[] = [];
  const lost: string[] = [];
  const ours = open(url, { applicationName: 'hears', onConnectionLost: ({ code }) => lost.push(code) });
  const stop = ours.listen('bills', (payload) => heard.push(payload));
  await until('listening began', () => heard.length === 1);
  expect(await kill(database, 'hears')).toBe(1);
  await notify('bills', 'missed');
  await until('it listens again', () => heard.length === 2);
  await notify('bills', 'heard');
  await until('it woke', () => heard.length === 3);
  expect(heard).toEqual(['', '', 'heard']);
  expect(lost).toEqual(['unavailable']);
  stop();
});

test('a listener whose wake fails by a mistake tells it and listens again: nobody waits for its loop, so it would end the process', async () => {
  const heard: string[] = [];
  const lost: unknown[] = [];
  const ours = open(url, { onConnectionLost: ({ code, cause }) => lost.push([code, cause]) });
  const mistake = new TypeError('x is not a function');
  const stop = ours.listen('bills', (payload) => {
    heard.push(payload);
    if (heard.length === 1) throw mistake;
  });
  await until('it listens again', () => heard.length === 2);
  expect(lost).toEqual([['defect', mistake]]);
  stop();
});

test('a listener on a connection that nobody answers any more finds out and is taken again', async () => {
  const { proxy, url: proxied } = await throughProxy(url);
  const heard: string[] = [];
  const ours = open(proxied, { listenerCheckMs: 20, statementLimitMs: 50, answerLimitMs: 100, connectLimitMs: 200 });
  const stop = ours.listen('bills', (payload) => heard.push(payload));
  await until('listening began', () => heard.length > 0);
  proxy.hole();
  await until('the connection was given up', () => proxy.connections === 0);
  const before = heard.length;
  proxy.pass();
  await until('it listens again', () => heard.length > before);
  // On a busy machine it may be given up once more.
  await until('it woke', async () => {
    await notify('bills', 'heard');
    return heard.includes('heard');
  });
  stop();
});

test('a listener waits for a server that is not there', async () => {
  const { proxy, url: proxied } = await throughProxy(url);
  proxy.refuse();
  const lost: string[] = [];
  const heard: string[] = [];
  const stop = open(proxied, { onConnectionLost: ({ code }) => lost.push(code) }).listen('bills', (payload) => heard.push(payload));
  await until('it tried twice', () => lost.length === 2);
  proxy.pass();
  await until('it listens', () => heard.length === 1);
  stop();
});

test('a listener begins with the shortest wait again each time it has listened', async () => {
  const waits: number[] = [];
  const clock: Clock = {
    ...realClock,
    random: () => 0.999,
    after: (delayMs, work) => {
      const isBackOff = [99.9, 199.8, 399.6, 799.2].includes(delayMs);
      if (isBackOff) waits.push(delayMs);
      return realClock.after(isBackOff ? 0 : delayMs, work);
    },
  };
  const heard: string[] = [];
  const stop = open(url, { clock, applicationName: 'again' }).listen('bills', (payload) => heard.push(payload));
  for (let time = 1; time <= 3; time += 1) {
    await until('it listens', () => heard.length === time);
    await kill(database, 'again');
  }
  await until('it listens again', () => heard.length === 4);
  expect(waits).toEqual([99.9, 99.9, 99.9]);
  stop();
});

test('a listener that is ended gives its connection back, and so does close', async () => {
  let woken = 0;
  const ours = open(url, { applicationName: 'ends' });
  const stop = ours.listen('bills', () => (woken += 1));
  ours.listen('others', () => (woken += 1));
  await until('both listen', () => woken === 2);
  stop();
  await until('one is left', async () => (await listening('ends')) === 1);
  await ours.close();
  await until('none is left', async () => (await listening('ends')) === 0);
});
