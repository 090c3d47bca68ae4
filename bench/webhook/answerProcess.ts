import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { nodeOptions } from '../../bin/nodeOptions.js';

/** Of the gateway's signatures. */
export const webhookSecret = 'a secret of the card gateway';

/** What the process tells: where it listens. */
export interface AnswerAddress {
  readonly url: string;
}

/** The public API with the webhooks of payments in a process of its own, as the daemon is one. */
export class AnswerProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(databaseUrl: string): Promise<AnswerProcess> {
    const child = fork(new URL('answerMain.ts', import.meta.url), [databaseUrl], { execArgv: [...nodeOptions] });
    const ended = once(child, 'exit').then((): never => {
      throw new Error('The process that answers webhooks ended.');
    });
    const [{ url }] = await Promise.race([once(child, 'message') as Promise<[AnswerAddress]>, ended]);
    ended.catch(() => undefined);
    return new AnswerProcess(child, url);
  }

  /** Lets the process end. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
