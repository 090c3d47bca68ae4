import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folders.ts';
import { freePort } from './freePort.ts';
import { kafkaBinaries } from './kafkaBinaries.ts';
import { startBroker } from './kafkaBroker.ts';
import { kafkaTemplate } from './kafkaTemplate.ts';
import type { Service } from './service.ts';

export interface KafkaOptions {
  /** Where its data is kept; formatted when it is empty or missing. Without it the data goes with `close`. */
  readonly dataDir?: string;
  readonly port?: number;
  /** Further settings of the broker, as `name=value`. */
  readonly settings?: readonly string[];
}

/**
 * Starts Kafka on 127.0.0.1, one process that is broker and controller, and resolves when clients can use it. Its URL is
 * `kafka://127.0.0.1:PORT`; no client needs a password. Topics are not made by using them. A record may bear any time, and none is
 * removed for its age unless its topic says so.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<Service> {
  const binaries = await kafkaBinaries();
  const template = await kafkaTemplate(binaries);
  const folder = temporaryFolder('kafka');
  const dataDir = options.dataDir ?? join(folder, 'data');
  if (!existsSync(join(dataDir, 'meta.properties'))) cpSync(template.dataDir, dataDir, { recursive: true });
  return startBroker({
    binaries,
    folder,
    dataDir,
    port: options.port ?? (await freePort()),
    controllerPort: await freePort(),
    settings: options.settings ?? [],
    javaOptions: [`-XX:SharedArchiveFile=${template.classArchive}`, '-Xshare:auto'],
  });
}
