import { migrate } from '../connectors/postgres/migrate.ts';
import { createRedisStreamBus } from '../connectors/redisStream/redisStreamBus.ts';
import { print, ready, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { instanceOf, origins } from './openHouse.ts';

/** `weir migrate`: brings the database's schema up to this Weir, and makes the topics. Repeatable. */
export async function migrateCommand<P>(place: Place<P>, flags: CommonFlags): Promise<ExitCode> {
  const { options } = ready(place, flags);
  const { database, redis } = options.process;
  const applied = await migrate({ url: database.url, origin: origins.database, clock: place.clock, directory: place.migrations });
  const bus = createRedisStreamBus({ url: redis.url, origin: origins.redis, clock: place.clock, instance: instanceOf(options.process) });
  const topics = place.systems.topics.flatMap(({ name, deadLetters }) => [name, deadLetters]);
  try {
    await bus.provide(place.systems.topics);
  } finally {
    await bus.close();
  }
  print(place, flags, { applied, topics }, () => (applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`));
  return exitCodes.ok;
}
