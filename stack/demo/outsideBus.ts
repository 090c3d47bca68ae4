import type { Bus } from '../../src/connectors/bus.ts';
import { createKafkaBus } from '../../src/connectors/kafka/kafkaBus.ts';
import { createRedisStreamBus } from '../../src/connectors/redisStream/redisStreamBus.ts';
import { realClock } from '../../src/runtime/clock.ts';
import type { Stack } from '../startStack.ts';

/** The bus of a stack, for whoever looks at it from outside. */
export function outsideBus({ redis, kafka }: Stack): Bus {
  const own = { clock: realClock, instance: 'demo' };
  return kafka === undefined
    ? createRedisStreamBus({ ...own, url: redis.url })
    : createKafkaBus({ ...own, brokers: [new URL(kafka.url).host] });
}
