import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { openKeyStore, type RedisKeyStore } from '../../../src/connectors/redis/openKeyStore.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Service } from '../../../stack/service.ts';
import { aPrivateRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';

let own: Service;
beforeAll(async () => {
  own = await aPrivateRedis({ isDurable: false });
});

function aKeyStore(url = own.url, timeLimitMs = 2_000): RedisKeyStore {
  const store = openKeyStore({ url, clock: realClock, origin: 'its url', name: 'test', timeLimitMs });
  onTestFinished(() => store.close());
  return store;
}

const raise = `
  redis.call('SET', KEYS[1], ARGV[1])
  return { redis.call('GET', KEYS[1]), #ARGV }`;

test('commands are answered in order, with bulk replies as bytes', async () => {
  const keys = aKeyStore();
  const bytes = Buffer.from([0, 255, 10]);
  const replies = await keys.run([
    ['SET', 'a', bytes],
    ['GET', 'a'],
    ['SET', 'sum', 2n ** 62n],
    ['MGET', 'sum', 'none'],
    ['DEL', 'a', 'sum'],
  ]);
  expect(replies).toEqual([Buffer.from('OK'), bytes, Buffer.from('OK'), [Buffer.from('4611686018427387904'), null], 2]);
});

test('more commands than one pipeline has are all answered, each at its place', async () => {
  const keys = aKeyStore();
  const count = 2_345;
  await keys.run(Array.from({ length: count }, (_, number) => ['SET', `many:${number}`, number] as const));
  const replies = await keys.run(Array.from({ length: count }, (_, number) => ['GET', `many:${number}`] as const));
  expect(replies.map(String)).toEqual(Array.from({ length: count }, (_, number) => String(number)));
});

test('a script runs for each call, also where Redis has forgotten it', async () => {
  const keys = aKeyStore();
  const calls = [1, 2, 3].map((number) => ({ keys: [`script:${number}`], args: [number * 10, 'x'] }));
  const expected = [10, 20, 30].map((value) => [Buffer.from(String(value)), 2]);
  expect(await keys.runScript(raise, calls)).toEqual(expected);
  await keys.run([['SCRIPT', 'FLUSH']]);
  expect(await keys.runScript(raise, calls)).toEqual(expected);
});

test('what Redis refuses is told by the code of its answer, never by its arguments', async () => {
  const keys = aKeyStore();
  await keys.run([['SET', 'text', 'secret']]);
  const refused = keys.run([['INCR', 'text']]);
  await expect(refused).rejects.toMatchObject({ code: 'refused', kind: 'transient', message: 'Redis refuses a command: ERR' });
});

test('a Redis that is silent is a time limit that passes, and the next command has a connection that works', async () => {
  const keys = aKeyStore(own.url, 200);
  await until('it is connected', () => keys.run([['PING']]));
  own.freeze();
  try {
    await expect(keys.run([['PING']])).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
  } finally {
    own.thaw();
  }
  await until('it answers', () =>
    keys.run([['PING']]).then(
      () => true,
      () => false,
    ),
  );
});

test('a full Redis refuses to write and lets read, and both are told as passing', async () => {
  const keys = aKeyStore();
  await keys.run([
    ['SET', 'kept', 'here'],
    ['CONFIG', 'SET', 'maxmemory', 1],
  ]);
  try {
    await expect(keys.run([['SET', 'more', 'x']])).rejects.toMatchObject({ code: 'unavailable', message: 'Redis answers OOM' });
    await expect(keys.runScript(raise, [{ keys: ['more'], args: [1] }])).rejects.toMatchObject({ code: 'unavailable' });
    expect(await keys.run([['GET', 'kept']])).toEqual([Buffer.from('here')]);
  } finally {
    await keys.run([['CONFIG', 'SET', 'maxmemory', 0]]);
  }
});
