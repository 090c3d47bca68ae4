import type { Bus, Topic } from '../bus.ts';
import type { Sink } from '../sink.ts';
import type { Source } from '../source.ts';
import { WeirError } from '../../errors.ts';
import { BlockProbe } from './blockProbe.ts';
import { Connection } from '../redis/connection.ts';
import { Outage } from '../outage.ts';
import { readerConnections } from './readerConnections.ts';
import { withDefaults, type RedisStreamOptions } from './redisStreamOptions.ts';
import { StreamDeadLetters } from './streamDeadLetters.ts';
import { StreamGroup } from './streamGroup.ts';
import { StreamSink } from './streamSink.ts';
import { StreamSource, type SharedParts } from './streamSource.ts';

/**
 * The bus on Redis Streams: a topic is a stream, a group a consumer group, and `partitions` mean nothing. Redis 7.0 or newer.
 * Connects when first used. One connection serves all commands; each reader has one of its own, since a blocking read holds it.
 */
export function createRedisStreamBus(options: RedisStreamOptions): Bus {
  const settings = withDefaults(options);
  const { url, origin, clock, instance, timeLimitMs, report } = settings;
  const connect = { url, origin, clock, timeLimitMs, name: `weir-${instance}` };
  const commands = new Connection(connect);
  const probe = new BlockProbe(connect, (isPolling) => report.polling?.(isPolling));
  const connectReader = readerConnections(settings);
  const parts: SharedParts = { settings, commands, connectReader, probe, outage: new Outage(clock, report) };
  const sources: Source[] = [];

  return {
    subscribe(topic: Topic, { group, readers }): Source {
      const source = new StreamSource(topic, group, readers ?? settings.readers, parts);
      sources.push(source);
      return source;
    },
    publish(topic: Topic): Sink {
      return new StreamSink(topic, commands);
    },
    deadLettersOf: ({ deadLetters }) => new StreamDeadLetters(deadLetters, commands),
    // Streams come into being with their first entry or group.
    provide: (topics) => checkNames(topics, commands),
    check: (topics) => checkNames(topics, commands),
    oldestUnsettledAt: ({ name }, { group }) => new StreamGroup(name, group, commands).oldestUnsettledAt(),
    async reach(limitMs): Promise<void> {
      await commands.use((client) => client.ping(), limitMs);
    },
    async close(): Promise<void> {
      await Promise.all(sources.map((source) => source.close()));
      await Promise.all([commands.close(), probe.close()]);
    },
  };
}

/** Finds names that hold something else than a stream. */
async function checkNames(topics: readonly Topic[], commands: Connection): Promise<void> {
  for (const name of topics.flatMap((topic) => [topic.name, topic.deadLetters])) {
    const type = await commands.use((client) => client.type(name));
    if (type !== 'none' && type !== 'stream') throw new WeirError('schemaMismatch', `${name} in Redis is a ${type}, not a stream`);
  }
}
