import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { signalFamily } from './signalFamily.ts';
import { watchdog } from './watchdog.ts';

/** How a service is started, asked and ended. */
export interface ServiceOptions {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The user it runs as, where that is not ours. */
  readonly uid?: number;
  /** A folder that belongs to this service alone: its log, its temporary data. Removed by `close`. */
  readonly folder: string;
  /** The signal that asks it to end in good order. */
  readonly endSignal: NodeJS.Signals;
  /** Resolves when the service answers as its clients expect, else rejects. */
  readonly ask: () => Promise<void>;
}

const startLimitMs = 30_000;
const respawnLimitMs = 2_000;
const endLimitMs = 10_000;

/**
 * One service process on a fixed port, which can be ended in any way and started again over the same port and data.
 *
 * States: ended → (start) running → (stop, kill, or by itself) ended; (close) ended for good, its temporary folder gone.
 * The process has a session of its own, so that Ctrl-C in a terminal reaches only its starter, who ends things in order.
 * When the starter dies, in whatever way, the service ends too (see `watchdog`).
 */
export class Service {
  readonly #options: ServiceOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  private constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** A new service that answers. Nothing is left behind when it cannot start. */
  static async started(options: ServiceOptions): Promise<Service> {
    const service = new Service(options);
    try {
      await service.start();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  get url(): string {
    return this.#options.url;
  }

  get port(): number {
    return this.#options.port;
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Where the service writes its log. */
  get logFile(): string {
    return `${this.#options.folder}/${this.#options.name}.log`;
  }

  /**
   * Starts the service; resolves when it answers. Rejects with the end of its log when it does not answer within 30 s, or when its
   * process has still not stayed after 2 s.
   */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const startedMs = performance.now();
    this.#spawn();
    for (;;) {
      const error = await this.#options.ask().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined && this.pid !== undefined) return;
      await delay(20);
      const isGone = this.pid === undefined;
      if (performance.now() - startedMs > (isGone ? respawnLimitMs : startLimitMs)) {
        await this.kill('SIGKILL');
        throw new Error(`${this.#options.name} did not start. The end of its log:\n${this.#logEnd()}`, { cause: error });
      }
      // After a kill -9 its children may hold the data for another moment, and the new process gives up.
      if (isGone) this.#spawn();
    }
  }

  /** Asks the service to end in good order and waits for it; kills it after 10 s. */
  async stop(): Promise<void> {
    this.thaw();
    this.#child?.kill(this.#options.endSignal);
    const escalation = setTimeout(() => this.#child?.kill('SIGKILL'), endLimitMs);
    await this.#ended;
    clearTimeout(escalation);
  }

  /** Sends a signal that ends the service, and resolves when its process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    // Nothing else may keep us running until then.
    this.#child?.ref();
    this.#child?.kill(signal);
    await this.#ended;
  }

  /** Makes the service silent: its connections stay open and nothing answers (SIGSTOP to it and its children). */
  freeze(): void {
    signalFamily(this.pid, 'SIGSTOP');
  }

  /** Lets a frozen service go on. */
  thaw(): void {
    signalFamily(this.pid, 'SIGCONT');
  }

  /** Stops the service and removes its temporary data. Repeatable. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#options.folder, { recursive: true, force: true });
  }

  #spawn(): void {
    const { command, args, env, uid, endSignal, folder } = this.#options;
    const log = openSync(this.logFile, 'a');
    const child = spawn(command, args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      ...(env && { env }),
      ...(uid !== undefined && { uid, gid: uid }),
    });
    closeSync(log);
    const endWatch = child.pid === undefined ? undefined : watchdog(child.pid, endSignal, folder);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        endWatch?.();
        this.#child = undefined;
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
    child.unref();
  }

  #logEnd(): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-20).join('\n');
  }
}
