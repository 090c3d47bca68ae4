import { beforeAll, expect, test } from 'vitest';
import { messages, publish, testTopic } from '../../conformance/busHarness.ts';
import type { Service } from '../../../stack/service.ts';
import { aPrivateRedis } from '../../support/services.ts';
import { testBus, testClient } from './aRedisBus.ts';

const origin = 'redis.url (WEIR_REDIS_URL)';
let own: Service;
beforeAll(async () => {
  own = await aPrivateRedis({ isDurable: false });
});

test.each([
  ['a wrong password', ':s3cret@', 'Redis refuses a command: WRONGPASS', 'default'],
  ['an unknown user', 'bob:s3cret@', 'Redis refuses a command: WRONGPASS', 'bob'],
  ['no password', '', 'Redis refuses a command: NOAUTH', 'default'],
])('%s is told with where and as whom it was tried and where that is set, never the password', async (_what, credentials, said, user) => {
  const bus = testBus(`redis://${credentials}127.0.0.1:${own.port}`, { origin });
  const error: unknown = await bus.provide([testTopic()]).catch((thrown: unknown) => thrown);
  expect(String(error)).toContain(`${said}. Tried at 127.0.0.1:${own.port} as user ${user}: see ${origin}`);
  expect(String(error)).not.toContain('s3cret');
});

test('a right that is missing is no fault of the messages: writing them may be tried again, and works once it is given', async () => {
  const topic = testTopic();
  const admin = testClient(own.url);
  await admin.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-xadd');
  const bus = testBus(`redis://reader:secret@127.0.0.1:${own.port}`);
  await expect(publish(bus, topic, messages(1, 2))).rejects.toMatchObject({ code: 'refused', kind: 'transient' });
  await admin.call('ACL', 'SETUSER', 'reader', '+xadd');
  await publish(bus, topic, messages(1, 2));
  expect(await admin.xlen(topic.name)).toBe(2);
});
