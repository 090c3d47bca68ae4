import { beforeAll, describe, it } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { depositedTopic } from '../../../pipelines/remittance/remittanceTopics.ts';
import type { Service } from '../../../stack/service.ts';
import { aPrivateRedis } from '../../support/services.ts';
import { through } from '../crash/through.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { aPost, type APost } from './aPost.ts';
import { aWatchedWeir, type WatchedWeir } from './aWatchedWeir.ts';
import { areWatched, onCall, type OnCall } from './onCall.ts';
import { patiently } from './patiently.ts';

/** What is to be published of remittances, since that many seconds; nobody can read it. */
async function publishedLate({ database }: AMonth, seconds: number): Promise<void> {
  await database.execute({
    text: `INSERT INTO remittance.outbox (topic, key, headers, value, created_at)
      VALUES ($1, '1', '{}', 'x', clock_timestamp() - make_interval(secs => $2))`,
    values: [depositedTopic.name, seconds],
  });
}

describe.skipIf(!areWatched)('whoever is on call for a bus of Redis', () => {
  let duty: OnCall;
  let month: AMonth;
  let post: APost;
  let redis: Service;
  let way: Awaited<ReturnType<typeof through>>;
  let weir: WatchedWeir;

  beforeAll(async () => {
    [month, redis] = await Promise.all([aMonth(), aPrivateRedis()]);
    post = await aPost(month, 20, () => 'mail.example', redis.url);
    way = await through(redis.url);
    weir = await aWatchedWeir({ ...month.environment, WEIR_REDIS_URL: way.url });
    duty = await onCall({ weir: [weir.target] });
  });

  it('reads by day of messages that are lost with their stream', async () => {
    await duty.sees({
      alert: 'WeirMessagesLost',
      labels: { pipeline: 'billing.deliver' },
      cause: () => post.redis.del(emailTopic.name),
      heal: () => undefined,
    });
  });

  it('reads by day of a connection that breaks again and again, until it holds', async () => {
    /** How often readers of the bills were lost, once all read. */
    const lostSoFar = async (): Promise<number | undefined> => {
      const { text } = await weir.process().ask('/metrics');
      const lost = /^weir_source_readers_replaced_total\{pipeline="billing\.deliver",reason="lost"\} (\d+)$/m.exec(text)?.[1];
      const reading = text.matchAll(/^weir_source_partition_held\{pipeline="billing\.deliver",partition="\d"\} 1$/gm);
      return [...reading].length === 2 ? Number(lost) : undefined;
    };
    await duty.sees({
      alert: 'WeirReadersReplaced',
      labels: { pipeline: 'billing.deliver', instance: weir.target },
      cause: async () => {
        let lost = await patiently('both readers read', lostSoFar);
        for (const enough = lost + 5; lost < enough;) {
          const before = lost;
          way.proxy.cut();
          lost = await patiently('both read again', async () => {
            const now = await lostSoFar();
            return now !== undefined && now > before ? now : undefined;
          });
        }
      },
      heal: () => undefined,
    });
  });

  it('is paged about an outbox that a full Redis does not take, until it does', async () => {
    await duty.sees({
      alert: 'WeirOutboxLate',
      labels: { outbox: 'remittance' },
      cause: async () => {
        await post.redis.config('SET', 'maxmemory-policy', 'noeviction');
        await post.redis.config('SET', 'maxmemory', '1mb');
        await publishedLate(month, 600);
      },
      heal: () => post.redis.config('SET', 'maxmemory', '0'),
    });
  });

  it('is paged once about a Redis that stands still, and not about what waits for it, until it goes on', async () => {
    const { database } = month;
    const pause = `INSERT INTO weir.pipeline_pause (pipeline, actor, reason, paused_at) VALUES ('billing.deliver', 'kim', 'wrong template', now())`;
    const resume = 'DELETE FROM weir.pipeline_pause';
    const isTold = async (query: string): Promise<boolean> => (await duty.ask(query)).length > 0;
    await duty.sees({
      alert: 'WeirBusAway',
      follows: ['WeirNoProgress', 'WeirOutboxLate'],
      cause: async () => {
        // Bills wait behind a pause: in this hurry what stands would be told before Redis has been silent for as long as a call may take.
        await database.execute(pause);
        // A read that was under way would still take them.
        const reads = 'max_over_time(weir_source_partition_silence_seconds{pipeline="billing.deliver"}[5s])';
        await patiently('it is paused', () => isTold(`weir_pipeline_paused{pipeline="billing.deliver"} == 1 and on () max(${reads}) == 0`));
        await post.deliver(20);
        await patiently('bills wait', () => isTold('weir_pipeline_lag{pipeline="billing.deliver"} >= 20'));
        redis.freeze();
        await patiently('it is known', () => isTold('ALERTS{alertname="WeirBusAway", alertstate="firing"}'));
        await database.execute(resume);
        await publishedLate(month, 115);
      },
      heal: async () => {
        redis.thaw();
        await database.execute(resume);
      },
    });
  });
});
