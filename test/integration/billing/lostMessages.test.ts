import type { Redis } from 'ioredis';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { testBus, testClient } from '../../connectors/redisStream/aRedisBus.ts';
import { aRedis } from '../../support/services.ts';
import { aBilling, emptied, pending, type Billing } from './aBilling.ts';

const hourMs = 3_600_000;

let billing: Billing;
let url: string;
let topic: Topic;
let bus: Bus;
let client: Redis;

beforeAll(async () => {
  [billing, url] = await Promise.all([aBilling(), aRedis()]);
});

beforeEach(async () => {
  await emptied(billing);
  topic = testTopic();
});

/** The members of the messages in the topic, in order. */
async function inTopic(): Promise<readonly string[]> {
  const entries = await client.xrange(topic.name, '-', '+');
  return entries.map(([, [, key = '']]) => key);
}

/** Runs over the topic on Redis, whose clock is the real one, as seen from a time. */
async function redispatched(now: Date): Promise<void> {
  billing.setNow(now.toISOString());
  const spec = billing.spec('billing.redispatch', seoulMinute(now));
  const oldestUnsettledAt = (): Promise<Date | undefined> => bus.oldestUnsettledAt(topic, { group: 'g' });
  const ports = { ...spec.ports, emails: bus.publish(topic), oldestUnsettledAt };
  expect(await runJob({ ...spec, ports })).toMatchObject({ how: 'completed' });
}

/** Makes bills of 1001 and up, of which the first is published now, at the end of its quiet hours. */
async function onePublished(count: number): Promise<Date> {
  [bus, client] = [testBus(url), testClient(url)];
  await pending(billing, count);
  const now = new Date();
  await billing.database.execute({ text: 'UPDATE billing.billing_p SET pending_since = $1', values: [now] });
  await billing.database.execute({
    text: `UPDATE billing.billing_p SET send_status = 'IN_QUIET_HOUR', next_attempt_at = $1 WHERE public_info_id = 1001`,
    values: [new Date(now.getTime() - hourMs)],
  });
  await redispatched(now);
  expect(await inTopic()).toEqual(['1001']);
  return now;
}

describe('a redispatch over a topic on Redis', () => {
  it('leaves a bill whose message is the oldest that nobody has settled, though it was marked before that was written', async () => {
    const publishedAt = await onePublished(1);
    await redispatched(new Date(publishedAt.getTime() + 2 * hourMs));
    expect(await inTopic()).toEqual(['1001']);
  });

  it('publishes a bill again whose message is gone, while other messages wait to be read', async () => {
    const publishedAt = await onePublished(2);
    await billing.database.execute({
      text: 'UPDATE billing.billing_p SET pending_since = $1 WHERE public_info_id = 1002',
      values: [new Date(publishedAt.getTime() - 2 * hourMs)],
    });
    await redispatched(new Date(publishedAt.getTime() + 2 * hourMs));
    expect(await inTopic()).toEqual(['1001', '1002']);
  });

  it('publishes a bill again that is still pending when every message is settled', async () => {
    const publishedAt = await onePublished(1);
    const reading = read(bus.subscribe(topic, { group: 'g' }));
    await reading.count(1);
    await reading.settle();
    await redispatched(new Date(publishedAt.getTime() + 2 * hourMs));
    expect(await inTopic()).toEqual(['1001', '1001']);
  });
});
