import type { Bus } from '../../src/connectors/bus.ts';
import { dividedBus } from '../../src/connectors/dividedBus.ts';
import { createKafkaBus } from '../../src/connectors/kafka/kafkaBus.ts';
import { createRedisStreamBus } from '../../src/connectors/redisStream/redisStreamBus.ts';
import { realClock } from '../../src/runtime/clock.ts';
import type { Service } from '../service.ts';

/** Where the bus may be: Kafka where there is one, else Redis. */
export interface Brokers {
  readonly redis: Pick<Service, 'url'>;
  readonly kafka?: Pick<Service, 'url'>;
}

/** The bus of a stack, for whoever looks at it from outside. */
export function outsideBus({ redis, kafka }: Brokers): Bus {
  const own = { clock: realClock, instance: 'demo' };
  const onRedis = createRedisStreamBus({ ...own, url: redis.url });
  return kafka === undefined ? onRedis : dividedBus(createKafkaBus({ ...own, brokers: [new URL(kafka.url).host] }), onRedis);
}
