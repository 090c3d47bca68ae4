import type { Bus } from '../connectors/bus.ts';
import { dividedBus } from '../connectors/dividedBus.ts';
import { createKafkaBus } from '../connectors/kafka/kafkaBus.ts';
import { createRedisStreamBus } from '../connectors/redisStream/redisStreamBus.ts';
import type { OutageReport } from '../connectors/outage.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { tracedBus } from '../tracing/tracedBus.ts';
import { instanceOf } from './instanceOf.ts';
import type { ProcessOptions } from './joinedOptions.ts';

/** Where Redis's address is set, for sentences about what is not reached there. */
export const redisOrigin = 'redis.url (WEIR_REDIS_URL)';

/** Opens the bus that the options name, with the streams that are on Redis anyway, and traces what it publishes; nothing is connected to before it is used. */
export function openBus(options: ProcessOptions, clock: Clock, log: Logger): Bus {
  const redis = openRedis(options, clock, log);
  return tracedBus(options.bus.kind === 'kafka' ? dividedBus(openKafka(options, clock, log), redis) : redis);
}

function openRedis(options: ProcessOptions, clock: Clock, log: Logger): Bus {
  return createRedisStreamBus({
    url: options.redis.url,
    origin: redisOrigin,
    clock,
    instance: instanceOf(options),
    readers: options.bus.readers,
    idleLimitMs: options.bus.idleLimitMs,
    report: {
      ...outageReport('Redis', log),
      trimmed: (stream, group, count) =>
        log.error('entries were trimmed away before they were read', { partition: stream, key: group, count }),
      polling: (isPolling) => log.warn(isPolling ? 'this Redis does not answer blocking reads: polling' : 'blocking reads work again'),
    },
  });
}

function openKafka(options: ProcessOptions, clock: Clock, log: Logger): Bus {
  const { brokers, requireTls, user, password, replicas, sessionTimeoutMs, rebalanceTimeoutMs } = options.kafka;
  return createKafkaBus({
    brokers: brokers.split(','),
    origin: 'kafka.brokers (WEIR_KAFKA_BROKERS)',
    clock,
    instance: instanceOf(options),
    tls: requireTls ? {} : undefined,
    sasl: user === '' ? undefined : { mechanism: 'scram-sha-512', username: user, password },
    ...{ replicas, sessionTimeoutMs, rebalanceTimeoutMs },
    report: {
      ...outageReport('Kafka', log),
      removed: (partition, group, count) => log.error('messages were removed before they were read', { partition, key: group, count }),
      assigned: (topic, group, partitions) =>
        log.info('partitions assigned', { partition: `${topic}/${partitions.join(',')}`, key: group }),
      rebuilt: (topic, group, count) =>
        log.error('a member of a group gave no sign for two session timeouts: it is replaced', { partition: topic, key: group, count }),
    },
  });
}

function outageReport(name: string, log: Logger): Required<OutageReport> {
  return {
    failed: (error) => log.warn(`${name} failed a command: it is tried again until it works`, { code: error.code, error: error.message }),
    recovered: (awayMs) => log.info(`${name} is back`, { awayMs: Math.round(awayMs) }),
  };
}
