import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Every so many mails one is answered late. */
export interface SlowMails {
  readonly every: number;
  readonly delayMs: number;
}

/** What the sink is told: begin anew, or how many mails it has. */
export type SinkOrder = { readonly kind: 'begin'; readonly slow: SlowMails | undefined } | { readonly kind: 'count' };

/** What the sink tells. */
export type SinkAnswer = { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'mails'; readonly mails: number };

/** A mail server in a process of its own, so that what it costs is not charged to who sends. */
export class SinkProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<SinkProcess> {
    const child = fork(new URL('sinkMain.ts', import.meta.url));
    const [answer] = (await once(child, 'message')) as [SinkAnswer];
    if (answer.kind !== 'listening') throw new Error('The sink does not listen.');
    return new SinkProcess(child, answer.port);
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Forgets the mails; from now on some are answered late, if any. */
  async begin(slow?: SlowMails): Promise<void> {
    await this.#ask({ kind: 'begin', slow });
  }

  /** Mails since it began. */
  count(): Promise<number> {
    return this.#ask({ kind: 'count' });
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  async #ask(order: SinkOrder): Promise<number> {
    const answered = once(this.#child, 'message') as Promise<[SinkAnswer]>;
    this.#child.send(order);
    const [answer] = await answered;
    return answer.kind === 'mails' ? answer.mails : 0;
  }
}
