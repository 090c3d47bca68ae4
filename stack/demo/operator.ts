import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nodeOptions } from '../../bin/nodeOptions.js';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** A person with a terminal: every command is shown with its answer. */
export class Operator {
  readonly #environment: Readonly<Record<string, string>>;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  /** What a terminal of this person has set, a line `NAME=value` each. */
  get variables(): readonly string[] {
    return Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
  }

  /** Types a command of Weir; rejects unless it succeeds. */
  async types(...words: readonly string[]): Promise<void> {
    console.log(`\n$ weir ${words.map((word) => (/^[\w.,:=@-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`);
    await this.#run(words, 'inherit');
  }

  /** Asks the same and answers what a program would read. */
  async asks<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.#run([...words, '--json'], 'pipe')) as T;
  }

  async #run(words: readonly string[], output: 'inherit' | 'pipe'): Promise<string> {
    const child = spawn(process.execPath, [...nodeOptions, main, ...words], {
      env: { ...process.env, WEIR_LOG_LEVEL: 'error', ...this.#environment },
      stdio: ['ignore', output, output],
    });
    let printed = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`weir ${words.join(' ')} ended with ${code}\n${errors}`);
    return printed;
  }
}
