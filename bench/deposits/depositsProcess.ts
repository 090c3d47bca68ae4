import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { nodeOptions } from '../../bin/nodeOptions.js';
import type { ResidentMemory } from '../settle/residentMemory.ts';
import type { DepositsAddresses, DepositsWork } from './depositsWork.ts';

export interface DepositsOrder {
  readonly addresses: DepositsAddresses;
  readonly work: DepositsWork;
}

/** What the process answers to an order: what it needed, or why it failed. */
export type DepositsAnswer = { readonly memory: ResidentMemory } | { readonly failure: string };

/** A process of its own that works on deposits whenever it is asked, so that its memory is that of this work alone. */
export class DepositsProcess {
  readonly #addresses: DepositsAddresses;
  readonly #child: ChildProcess = fork(new URL('depositsMain.ts', import.meta.url), { execArgv: [...nodeOptions] });

  constructor(addresses: DepositsAddresses) {
    this.#addresses = addresses;
  }

  async do(work: DepositsWork): Promise<ResidentMemory> {
    const ended = once(this.#child, 'exit').then(() => [{ failure: 'its process ended' }]);
    const answered = once(this.#child, 'message');
    this.#child.send({ addresses: this.#addresses, work } satisfies DepositsOrder);
    const [answer] = (await Promise.race([answered, ended])) as [DepositsAnswer];
    if ('failure' in answer) throw new Error(`The work on deposits failed: ${answer.failure}.`);
    return answer.memory;
  }

  /** Lets the process end. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
