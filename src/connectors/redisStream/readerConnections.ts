import { Connection } from '../redis/connection.ts';
import type { RedisStreamSettings } from './redisStreamOptions.ts';

/** Gives a reader its connection, by the name of its consumer. Whoever asked ends it. */
export type ConnectReader = (consumer: string) => Connection;

/**
 * Makes the connections of readers: a new one for each, and never the one for commands. A blocking read holds its connection for as
 * long as it waits, and all that is sent after it: two readers on one connection would take turns in waiting, and an
 * acknowledgement would wait for both (`docs/benchmarks.md` has the figures).
 */
export function readerConnections({ url, origin, clock, timeLimitMs }: RedisStreamSettings): ConnectReader {
  return (consumer) => new Connection({ url, origin, clock, timeLimitMs, name: `weir-${consumer}` });
}
