import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Addresses } from '../deliver/deliverBills.ts';
import { spawnDaemon } from '../deliver/spawnDaemon.ts';
import { processStat } from '../load/procStat.ts';

/** A daemon with all systems, as an operator starts it. */
export class DaemonProcess {
  readonly #child: ChildProcess;
  /** Of its admin port. */
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves once it is ready. */
  static async start(addresses: Addresses): Promise<DaemonProcess> {
    const child = spawnDaemon(addresses, { level: 'info', isLogRead: true, variables: { WEIR_API_PORT: '0' } });
    const url = await addressOf(child);
    for (let isReady = false; !isReady;) isReady = (await fetch(`${url}/readyz`)).ok;
    return new DaemonProcess(child, url);
  }

  /** Processor seconds that it has used so far. */
  processorSeconds(): number {
    return processStat(readFileSync(`/proc/${this.#child.pid ?? 0}/stat`, 'utf8')).seconds;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** The address that its log tells; what that says besides is read and forgotten. */
async function addressOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once('exit', (code) => reject(new Error(`The daemon ended with ${code}.`)));
  if (child.stderr === null) throw new TypeError('the log of the daemon is not read');
  createInterface({ input: child.stderr }).on('line', (line) => {
    const { msg, address } = JSON.parse(line) as { readonly msg?: string; readonly address?: string };
    if (msg === 'admin port open' && address !== undefined) resolve(address);
  });
  return promise;
}
