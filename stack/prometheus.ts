import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folders.ts';
import { freePort } from './freePort.ts';
import { prometheusBinaries } from './prometheusBinaries.ts';
import { Service } from './service.ts';

/** Starts Prometheus on 127.0.0.1 with a configuration (YAML), and resolves when it answers queries. Its data goes with `close`. */
export async function startPrometheus(configuration: string): Promise<Service> {
  const { prometheus } = await prometheusBinaries();
  const folder = temporaryFolder('prometheus');
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, configuration, { mode: 0o600 });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // The package's own folders of pages are not where it looks for them.
    `--web.console.templates=${folder}`,
    `--web.console.libraries=${folder}`,
  ];
  return Service.started({ name: 'prometheus', url, port, command: prometheus, args, folder, endSignal: 'SIGTERM', ask: () => ask(url) });
}

async function ask(url: string): Promise<void> {
  const { ok, status } = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) });
  if (!ok) throw new Error(`Prometheus answers ${status}`);
}
