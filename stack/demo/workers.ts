import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeOptions } from '../../bin/nodeOptions.js';
import type { MovedClock } from './movedClock.ts';

const entry = join(import.meta.dirname, 'worker.ts');

/** A daemon of the demo. */
export interface Worker {
  readonly name: string;
  /** `http://127.0.0.1:port` of its admin port. */
  readonly adminUrl: string;
  /** The same of its public API. */
  readonly apiUrl: string;
  isRunning(): boolean;
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Drains it; answers its exit code. */
  stop(): Promise<number | null>;
}

/** The daemons of the demo. They share its calendar. */
export class Workers {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #calendar: MovedClock;
  readonly #children = new Map<Worker, ChildProcess>();

  constructor(environment: Readonly<Record<string, string>>, calendar: MovedClock) {
    this.#environment = environment;
    this.#calendar = calendar;
  }

  get running(): readonly Worker[] {
    return [...this.#children.keys()].filter((worker) => worker.isRunning());
  }

  /** Moves the calendar of all to an instant; resolves when everybody has it. */
  async moveTo(instant: Date): Promise<void> {
    this.#calendar.aheadMs += instant.getTime() - this.#calendar.now().getTime();
    await Promise.all(this.running.map((worker) => this.#tell(this.#children.get(worker))));
  }

  /** Starts a daemon with all profiles; resolves when its ports are open. */
  async start(name: string): Promise<Worker> {
    const child = spawn(process.execPath, [...nodeOptions, entry, 'run'], {
      env: {
        ...process.env,
        ...this.#environment,
        WEIR_INSTANCE: name,
        WEIR_ADMIN_PORT: '0',
        WEIR_API_PORT: '0',
        DEMO_AHEAD_MS: String(this.#calendar.aheadMs),
      },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    const worker: Worker = {
      name,
      ...(await addressesOf(child, exited, name)),
      isRunning: () => child.exitCode === null && child.signalCode === null,
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
      stop: () => {
        child.kill('SIGTERM');
        return exited;
      },
    };
    this.#children.set(worker, child);
    // The calendar may have been moved while it started.
    await this.#tell(child);
    return worker;
  }

  /** Ends what still runs, without asking. */
  async close(): Promise<void> {
    await Promise.all(this.running.map((worker) => worker.kill()));
  }

  async #tell(child: ChildProcess | undefined): Promise<void> {
    if (child?.connected !== true) return;
    const over = new AbortController();
    const { signal } = over;
    const answered = Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal })]);
    child.send(this.#calendar.aheadMs);
    await answered;
    // Whichever did not come is not waited for any more.
    over.abort();
  }
}

/**
 * The addresses in the worker's log; rejects with the end of the log when it ends before. Errors in the log are shown, as they are
 * for people: a demo that hides them is none.
 */
async function addressesOf(
  child: ChildProcess,
  exited: Promise<number | null>,
  name: string,
): Promise<Pick<Worker, 'adminUrl' | 'apiUrl'>> {
  if (child.stderr === null) throw new TypeError('the worker has no log');
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Worker, 'adminUrl' | 'apiUrl'>>();
  const addresses = new Map<string, string>();
  const last: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    last.push(line);
    if (last.length > 5) last.shift();
    const address = /"address":"(http[^"]+)"/.exec(line)?.[1];
    if (address !== undefined) addresses.set(line.includes('public API') ? 'api' : 'admin', address);
    const [adminUrl, apiUrl] = [addresses.get('admin'), addresses.get('api')];
    if (adminUrl !== undefined && apiUrl !== undefined) resolve({ adminUrl, apiUrl });
    if (line.includes('"level":50')) console.error(`${name}: ${line}`);
  });
  void exited.then((code) => reject(new Error(`${name} ended with ${code}:\n${last.join('\n')}`)));
  return promise;
}
