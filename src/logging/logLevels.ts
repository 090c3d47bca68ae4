import type { Clock } from '../message/clock.ts';

/** From the most talkative. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof logLevels)[number];

/** Stands for every line that has no level of its own. */
export const everything = 'all';

interface Change {
  readonly level: LogLevel;
  readonly cancel: () => void;
}

/**
 * Which lines of the log are written: those at the process's level or above. The level of one pipeline or job, or of `all`, may
 * be changed for a while; afterwards it is what it was.
 */
export class LogLevels {
  readonly #base: LogLevel;
  readonly #clock: Clock;
  readonly #changes = new Map<string, Change>();

  constructor(base: LogLevel, clock: Clock) {
    this.#base = base;
    this.#clock = clock;
  }

  /** Whether a line at this level about this pipeline or job is written. */
  isWritten(level: LogLevel, name: string | undefined): boolean {
    const changed = (name === undefined ? undefined : this.#changes.get(name)) ?? this.#changes.get(everything);
    return logLevels.indexOf(level) >= logLevels.indexOf(changed?.level ?? this.#base);
  }

  /** Changes a level for so many milliseconds; a later change replaces an earlier one. */
  change(name: string, level: LogLevel, forMs: number): void {
    this.#changes.get(name)?.cancel();
    const cancel = this.#clock.after(forMs, () => this.#changes.delete(name));
    this.#changes.set(name, { level, cancel });
  }
}
