import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { cureIdleTimers } from '../src/connectors/kafka/idleTimers.ts';
import type { KafkaBinaries } from './kafkaBinaries.ts';
import { Service } from './service.ts';

export interface BrokerOptions {
  readonly binaries: KafkaBinaries;
  /** Its log, settings and temporary files; removed by `close`. */
  readonly folder: string;
  /** A formatted data folder. */
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  /** Further settings, as `name=value`. */
  readonly settings: readonly string[];
  /** Further options of Java. */
  readonly javaOptions: readonly string[];
}

/**
 * Starts one process that is broker and controller, over a formatted data folder, and resolves when it answers. Over the same data
 * it answers 0.9 s after a stop, and 3 s after a kill -9. It takes 150 MB.
 */
export async function startBroker(options: BrokerOptions): Promise<Service> {
  const { binaries, folder, port, javaOptions } = options;
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, [...brokerSettings(options), ''].join('\n'));
  return Service.started({
    name: 'kafka',
    url: `kafka://127.0.0.1:${port}`,
    port,
    command: binaries.java,
    args: [...javaArguments(binaries, folder), ...javaOptions, 'kafka.Kafka', properties],
    folder,
    endSignal: 'SIGTERM',
    ask: () => ask(`127.0.0.1:${port}`),
  });
}

/** A small process that starts soon: one core's collector and compiler. Temporary files go with its folder. */
export function javaArguments({ classPath }: KafkaBinaries, folder: string): readonly string[] {
  const memory = ['-Xms64m', '-Xmx256m', '-Xss512k', '-XX:+UseSerialGC'];
  const files = ['-XX:-UsePerfData', `-Djava.io.tmpdir=${folder}`];
  const logging = ['defaultLogLevel=warn', 'showDateTime=true', 'dateTimeFormat=HH:mm:ss.SSS'].map(
    (setting) => `-Dorg.slf4j.simpleLogger.${setting}`,
  );
  return [...memory, '-XX:TieredStopAtLevel=1', ...files, ...logging, '-cp', classPath];
}

/** The lines of server.properties. */
export function brokerSettings(options: Pick<BrokerOptions, 'dataDir' | 'port' | 'controllerPort' | 'settings'>): readonly string[] {
  const { dataDir, port, controllerPort, settings } = options;
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=CLIENTS://127.0.0.1:${port}`,
    'inter.broker.listener.name=CLIENTS',
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `log.dirs=${dataDir}`,
    ...single,
    ...small,
    ...quick,
    ...anyClock,
    ...settings,
  ];
}

const single = [
  'auto.create.topics.enable=false',
  'default.replication.factor=1',
  'min.insync.replicas=1',
  'offsets.topic.num.partitions=1',
  'offsets.topic.replication.factor=1',
  ...['transaction.state.log', 'share.coordinator.state.topic'].flatMap((topic) => [
    `${topic}.num.partitions=1`,
    `${topic}.replication.factor=1`,
    `${topic}.min.isr=1`,
  ]),
];

// By default the cleaner of compacted topics takes 128 MB at the start.
const small = ['log.cleaner.dedupe.buffer.size=4194304'];

const quick = [
  'group.initial.rebalance.delay.ms=0',
  'group.min.session.timeout.ms=1000',
  // After a kill -9 the broker is let in again when its old session is over.
  'broker.session.timeout.ms=2000',
  'broker.heartbeat.interval.ms=300',
];

// Records stamped by a clock that is ahead are accepted, those of one that is behind are kept, and so are offsets.
const anyClock = ['log.message.timestamp.after.max.ms=9223372036854775807', 'log.retention.ms=-1', 'offsets.retention.minutes=5256000'];

// The port opens before the broker is let in by its controller.
async function ask(broker: string): Promise<void> {
  cureIdleTimers();
  const limits = { connectionTimeout: 2_000, requestTimeout: 2_000, retry: { retries: 0 } };
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, ...limits }).admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    if (brokers.length !== 1 || controller === null) throw new Error(`Kafka has ${brokers.length} brokers and controller ${controller}.`);
  } finally {
    await admin.disconnect();
  }
}
