import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeOptions } from '../../bin/nodeOptions.js';
import type { Addresses } from '../deliver/deliverBills.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

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
  static async start({ databaseUrl, redisUrl, smtpUrl, ring }: Addresses): Promise<DaemonProcess> {
    const environment = {
      ...{ WEIR_DATABASE_URL: databaseUrl, WEIR_REDIS_URL: redisUrl, WEIR_SMTP_URL: smtpUrl, WEIR_SMTP_REQUIRE_TLS: 'false' },
      ...{ WEIR_KEYS_RING: ring, WEIR_ADMIN_PORT: '0', WEIR_API_PORT: '0', WEIR_LOG_LEVEL: 'info' },
    };
    const child = spawn(process.execPath, [...nodeOptions, main, 'run'], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    const url = await addressOf(child);
    for (let isReady = false; !isReady;) isReady = (await fetch(`${url}/readyz`)).ok;
    return new DaemonProcess(child, url);
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
