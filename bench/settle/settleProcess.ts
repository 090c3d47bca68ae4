import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { nodeOptions } from '../../bin/nodeOptions.js';
import type { ResidentMemory } from './residentMemory.ts';

/** What the process answers to a database's URL: what it needed, or why it failed. */
export type SettleAnswer = { readonly memory: ResidentMemory } | { readonly failure: string };

/** A process of its own that settles the month whenever it is asked, so that its memory is that of settlement alone. */
export class SettleProcess {
  readonly #child: ChildProcess = fork(new URL('settleMain.ts', import.meta.url), { execArgv: [...nodeOptions] });

  async settle(url: string): Promise<ResidentMemory> {
    const ended = once(this.#child, 'exit').then(() => [{ failure: 'its process ended' }]);
    const answered = once(this.#child, 'message');
    this.#child.send(url);
    const [answer] = (await Promise.race([answered, ended])) as [SettleAnswer];
    if ('failure' in answer) throw new Error(`The settlement failed: ${answer.failure}.`);
    return answer.memory;
  }

  /** Lets the process end. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
