import { loadOptions, OptionProblems, type LoadedOptions } from '../../config/load.ts';
import { LogLevels } from '../logging/logLevels.ts';
import { pinoLogger } from '../logging/pinoLogger.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { instanceOf } from './instanceOf.ts';
import type { Screen } from './progressBar.ts';
import { joinedSchema, optionsOf, type Options } from './joinedOptions.ts';
import type { System } from '../system.ts';

/** Where a command line runs: what `main.ts` hands over, and what a test replaces. */
export interface Place<P> {
  readonly systems: System<P>;
  readonly clock: Clock;
  /** The folder of the migrations. */
  readonly migrations: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results. */
  readonly output: Screen;
  /** Progress, questions, refusals. */
  readonly errors: Screen;
}

/** Flags that every command has. */
export interface CommonFlags {
  readonly config?: readonly string[];
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** The options of a command, read from all their sources. Throws `OptionProblems`. */
export function readOptions<P>(place: Place<P>, flags: CommonFlags): LoadedOptions<Record<string, unknown>> {
  const { WEIR_CONFIG: file } = place.environment;
  const files = [...(file === undefined || file === '' ? [] : [file]), ...(flags.config ?? [])];
  return loadOptions(joinedSchema<P>(place.systems), { files, environment: place.environment, set: flags.set ?? [] });
}

/** What most commands need: options in force, and a log. */
export interface Ready {
  readonly options: Options;
  readonly log: Logger;
  /** Of the log; an operator may change them for a while. */
  readonly levels: LogLevels;
}

export function ready<P>(place: Place<P>, flags: CommonFlags): Ready {
  const options = optionsOf(readOptions(place, flags).values);
  const levels = new LogLevels(options.process.log.level, place.clock);
  return { options, levels, log: pinoLogger(levels, instanceOf(options.process)) };
}

/** Writes a result: a table for people, JSON for programs. */
export function print<P>(place: Place<P>, flags: CommonFlags, json: unknown, people: () => string): void {
  place.output.write(flags.json === true ? `${toJson(json)}\n` : `${people()}\n`);
}

/** JSON with bigints as decimal text: a number would lose digits. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner), 2);
}

/** Sentences for whoever gave wrong options: one a line. */
export function explainProblems(error: OptionProblems): string {
  const lines = error.problems.map(({ path, problem, origin }) => `  ${path} ${problem} (${origin})`);
  return [`${error.problems.length === 1 ? 'An option is' : `${error.problems.length} options are`} wrong:`, ...lines].join('\n');
}
