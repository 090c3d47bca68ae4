import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeOptions } from '../../bin/nodeOptions.js';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** One process of Weir: started as an operator would, followed by its log. */
export interface WeirProcess {
  readonly child: ChildProcess;
  /** Its log so far, a line each. */
  readonly log: readonly string[];
  /** `http://127.0.0.1:port` of its admin port. */
  readonly adminUrl: Promise<string>;
  /** Resolves with its exit code, null after a signal. */
  readonly exited: Promise<number | null>;
}

/** Starts a daemon. */
export function startWeir(environment: Readonly<Record<string, string>>, ...args: readonly string[]): WeirProcess {
  const child = spawn(process.execPath, [...nodeOptions, main, ...args], {
    env: { ...process.env, ...environment, WEIR_ADMIN_PORT: '0' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const log: string[] = [];
  const admin = Promise.withResolvers<string>();
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    const address = /"address":"(http[^"]+)"/.exec(line)?.[1];
    if (address !== undefined) admin.resolve(address);
  });
  void exited.then((code) => admin.reject(new Error(`weir ${args.join(' ')} ended with ${code}:\n${log.slice(-5).join('\n')}`)));
  admin.promise.catch(() => undefined);
  return { child, log, adminUrl: admin.promise, exited };
}

/** Runs a command to its end with its progress on this terminal; rejects unless it succeeds. */
export async function weir(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...nodeOptions, main, ...args], {
    env: { ...process.env, ...environment, WEIR_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`weir ${args.join(' ')} ended with ${code}`);
}
