import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeOptions } from '../../bin/nodeOptions.js';
import { movedClock } from './movedClock.ts';

const entry = join(import.meta.dirname, 'worker.ts');

/** A daemon of the demo. */
export interface Worker {
  readonly name: string;
  /** `http://127.0.0.1:port` of its admin port. */
  readonly adminUrl: string;
  isRunning(): boolean;
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Drains it; answers its exit code. */
  stop(): Promise<number | null>;
}

/** The daemons of the demo and the calendar that all of them share with it. */
export class Workers {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #calendar: ReturnType<typeof movedClock>;
  readonly #children = new Map<Worker, ChildProcess>();
  #offsetMs: number;

  constructor(environment: Readonly<Record<string, string>>, beginning: Date) {
    this.#environment = environment;
    this.#offsetMs = beginning.getTime() - Date.now();
    this.#calendar = movedClock(this.#offsetMs);
  }

  /** Calendar time, of the demo and of every worker. */
  now(): Date {
    return this.#calendar.now();
  }

  get running(): readonly Worker[] {
    return [...this.#children.keys()].filter((worker) => worker.isRunning());
  }

  /** Moves the calendar of all to an instant; resolves when everybody has it. */
  async moveTo(instant: Date): Promise<void> {
    this.#offsetMs = instant.getTime() - Date.now();
    this.#calendar.move(this.#offsetMs);
    await Promise.all(this.running.map((worker) => this.#tell(this.#children.get(worker))));
  }

  /** Starts a daemon with all profiles; resolves when its admin port is open. */
  async start(name: string): Promise<Worker> {
    const child = spawn(process.execPath, [...nodeOptions, entry, 'run'], {
      env: { ...process.env, ...this.#environment, WEIR_INSTANCE: name, WEIR_ADMIN_PORT: '0', DEMO_OFFSET_MS: String(this.#offsetMs) },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    const worker: Worker = {
      name,
      adminUrl: await addressOf(child, exited, name),
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
    const answered = Promise.race([once(child, 'message'), once(child, 'exit')]);
    child.send(this.#offsetMs);
    await answered;
  }
}

/** The address in the worker's log; rejects with the end of the log when it ends before. */
async function addressOf(child: ChildProcess, exited: Promise<number | null>, name: string): Promise<string> {
  if (child.stderr === null) throw new TypeError('the worker has no log');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const last: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    last.push(line);
    if (last.length > 5) last.shift();
    const address = /"address":"(http[^"]+)"/.exec(line)?.[1];
    if (address !== undefined) resolve(address);
  });
  void exited.then((code) => reject(new Error(`${name} ended with ${code}:\n${last.join('\n')}`)));
  return promise;
}
