import { connect, isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, logLevel, type ISocketFactoryArgs } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { within } from '../../message/waiting.ts';
import { provideCodecs } from './codecs.ts';
import { cureIdleTimers } from './idleTimers.ts';
import type { KafkaSettings } from './kafkaOptions.ts';
import { wakeWhenResumed } from './resumeHook.ts';
import { translateError } from './translateError.ts';

const connectLimitMs = 3_000;
const keepAliveMs = 10_000;

/** The client of kafkajs, as all parts of a bus use it. Connects nowhere by itself, and logs nothing: what matters is told by errors. */
export function openClient({ brokers, instance, tls, sasl, timeLimitMs }: KafkaSettings): Kafka {
  cureIdleTimers();
  wakeWhenResumed();
  provideCodecs();
  return new Kafka({
    clientId: `weir-${instance}`,
    brokers: [...brokers],
    ...(tls === undefined ? {} : { ssl: tls }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: Math.min(connectLimitMs, timeLimitMs),
    requestTimeout: timeLimitMs,
    enforceRequestTimeout: true,
    retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: logLevel.NOTHING,
    socketFactory: openSocket,
  });
}

/** Settles as `work` does, in our words, or rejects when that takes longer than `limitMs`: transient, since all calls may be repeated. */
export async function answered<T>(
  { clock, origin }: Pick<KafkaSettings, 'clock' | 'origin'>,
  limitMs: number,
  work: Promise<T>,
): Promise<T> {
  try {
    return await within(clock, limitMs, work, () => {
      return new WeirError('timedOut', `Kafka did not answer within ${limitMs} ms`, { kind: 'transient' });
    });
  } catch (error) {
    throw translateError(error, origin);
  }
}

/**
 * Without the delay that waits for more to send. kafkajs 2.2.4 unrefs a socket whenever it ends the connection, also one that has
 * closed, and whoever fails ends it once more: Node.js keeps each of these for a connection that never comes, and warns of a leak at
 * the eleventh. So one that has closed has nothing to let go of.
 */
function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const socket = (ssl as typeof ssl | undefined)
    ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : connect({ host, port }, onConnect);
  socket.unref = () => (socket.destroyed ? socket : Socket.prototype.unref.call(socket));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  return socket;
}
