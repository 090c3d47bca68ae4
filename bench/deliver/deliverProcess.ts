import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { nodeOptions } from '../../bin/nodeOptions.js';
import type { Addresses } from './deliverBills.ts';

export interface DeliverOrder {
  readonly addresses: Addresses;
  readonly size: number;
}

/** What the process answers when it is done: how many mails it sent, or why it failed. */
export interface DeliverAnswer {
  readonly sent?: number;
  readonly failure?: string;
}

/** A process of its own that delivers bills whenever it is asked, as the daemon is one. */
export class DeliverProcess {
  readonly #child: ChildProcess = fork(new URL('deliverMain.ts', import.meta.url), { execArgv: [...nodeOptions] });

  /** Answers how many mails were sent. */
  async deliver(order: DeliverOrder): Promise<number> {
    const ended = once(this.#child, 'exit').then((): [DeliverAnswer] => [{ failure: 'its process ended' }]);
    const answered = once(this.#child, 'message') as Promise<[DeliverAnswer]>;
    this.#child.send(order);
    const [{ sent, failure }] = await Promise.race([answered, ended]);
    if (sent === undefined) throw new Error(`The delivery failed: ${failure ?? 'without a word'}.`);
    return sent;
  }

  /** Lets the process end. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
