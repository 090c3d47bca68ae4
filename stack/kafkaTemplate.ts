import { execFile } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './folders.ts';
import { freePort } from './freePort.ts';
import type { KafkaBinaries } from './kafkaBinaries.ts';
import { brokerSettings, javaArguments, startBroker, type BrokerOptions } from './kafkaBroker.ts';
import { madeOnce } from './madeOnce.ts';

/** What is prepared once and serves every broker of the same versions. */
export interface KafkaTemplate {
  /** A formatted data folder, to be copied. No port is in it. */
  readonly dataDir: string;
  /** The classes of a broker as Java keeps them in memory; Java ignores the file where it does not fit. */
  readonly classArchive: string;
}

// 22 characters, as Kafka wants them.
const clusterId = Buffer.from('Weir, for tests.').toString('base64url');

/**
 * A formatted data folder and an archive of loaded classes (a start in 0.9 s instead of 1.8 s), kept in the cache folder for each
 * version of Kafka and Java. Made the first time by a broker that starts and stops (5 s, 48 MB).
 */
export async function kafkaTemplate(binaries: KafkaBinaries): Promise<KafkaTemplate> {
  const home = await madeOnce(`kafka-template-${binaries.version}`, (staged) => make(binaries, within(staged)));
  return within(home);
}

function within(home: string): KafkaTemplate {
  return { dataDir: join(home, 'data'), classArchive: join(home, 'classes.jsa') };
}

async function make(binaries: KafkaBinaries, { dataDir, classArchive }: KafkaTemplate): Promise<void> {
  const folder = temporaryFolder('kafka');
  try {
    const ports = { port: await freePort(), controllerPort: await freePort() };
    const options = { binaries, folder, ...ports, settings: [], javaOptions: [`-XX:ArchiveClassesAtExit=${classArchive}`] };
    await format({ ...options, dataDir });
    const used = join(folder, 'data');
    cpSync(dataDir, used, { recursive: true });
    const broker = await startBroker({ ...options, dataDir: used });
    // Unlike `stop` it waits for as long as the archive takes.
    await broker.kill('SIGTERM');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function format(options: BrokerOptions): Promise<void> {
  const { binaries, folder } = options;
  const properties = join(folder, 'format.properties');
  writeFileSync(properties, brokerSettings(options).join('\n'));
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties, '--ignore-formatted'];
  await promisify(execFile)(binaries.java, [...javaArguments(binaries, folder), ...tool]);
}
