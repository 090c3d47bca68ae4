import { codeOf, framesField, textOf } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';

/**
 * The loops of a process that run beside its pipelines (replays, schedules, open runs, pauses), each watched from its beginning.
 * A loop that rejects has failed for good: it is told by an error in the log and by `failed`, and the others go on. Nobody waits
 * for a loop before the process stops; unwatched, its rejection would end the process.
 */
export class BackgroundLoops {
  readonly #log: Logger;
  readonly #loops: Promise<void>[] = [];
  readonly #failed: string[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Watches a loop that has begun. `name` is for people: `replays`. */
  watch(name: string, loop: Promise<unknown>): void {
    this.#loops.push(
      loop.then(
        () => undefined,
        (error: unknown) => this.#fail(name, error),
      ),
    );
  }

  /** The names of those that failed. */
  failed(): readonly string[] {
    return this.#failed;
  }

  /** Resolves once all that are watched by now have ended; true when none has failed. */
  async ended(): Promise<boolean> {
    await Promise.all(this.#loops);
    return this.#failed.length === 0;
  }

  #fail(name: string, error: unknown): void {
    this.#failed.push(name);
    const fields = { key: name, code: codeOf(error), error: textOf(error), ...framesField(error) };
    this.#log.error('loop failed for good: its work is left undone until this process is started again', fields);
  }
}
