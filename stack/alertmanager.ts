import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertmanagerBinaries } from './alertmanagerBinaries.ts';
import { temporaryFolder } from './folders.ts';
import { freePort } from './freePort.ts';
import { Service } from './service.ts';

/** Starts Alertmanager on 127.0.0.1, alone, with a configuration (YAML), and resolves when it is ready. Its data goes with `close`. */
export async function startAlertmanager(configuration: string): Promise<Service> {
  const {
    alertmanager: [command, ...before],
  } = await alertmanagerBinaries();
  const folder = temporaryFolder('alertmanager');
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, configuration, { mode: 0o600 });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    ...before,
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // Without a cluster it looks for no others and opens no further port.
    '--cluster.listen-address=',
  ];
  return Service.started({
    name: 'alertmanager',
    url,
    port,
    command,
    args,
    folder,
    endSignal: 'SIGTERM',
    ask: () => ask(url),
  });
}

async function ask(url: string): Promise<void> {
  const { ok, status } = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) });
  if (!ok) throw new Error(`Alertmanager answers ${status}`);
}
