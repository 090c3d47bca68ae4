import { Redis } from 'ioredis';
import { emailTopic } from '../../pipelines/billing/dispatchedBill.ts';

/** What other programs may write on the topic by mistake, a kind each; every one of them must end as a dead letter. */
const kinds: readonly (readonly (string | Buffer)[])[] = [
  ['key', '1', 'value', '{"version":1,'],
  ['key', '2', 'value', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ['key', '3', 'value', 'null'],
  ['key', '', 'value', '{"version":"one"}'],
  ['key', '5'],
  ['key', '6', 'value', '['.repeat(4_000)],
  ['key', '7', 'value', '{"__proto__":{"version":1},"version":1}'],
  ['key', '8', 'value', 'x'.repeat(emailTopic.maxSizeBytes + 1)],
  [
    'key',
    '9',
    'value',
    '{"version":1,"billId":"9","billingDate":"2026-01-01","publicInfoId":"9","destination":"nowhere.example","quietHours":null}',
  ],
];

/** Writes one message of each kind; answers how many. */
export async function writePoison(redisUrl: string): Promise<number> {
  const redis = new Redis(redisUrl, { lazyConnect: true });
  await redis.connect();
  for (const fields of kinds) await redis.xadd(emailTopic.name, '*', ...fields);
  redis.disconnect();
  return kinds.length;
}
