import { join } from 'node:path';
import { expect } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { runCommandLine } from '../../../src/commandLine/program.ts';
import { realClock } from '../../../src/runtime/clock.ts';

const migrations = join(import.meta.dirname, '..', '..', '..', 'migrations');

/** Runs a command of Weir in this process, for what leads up to a crash or follows it; it must succeed. Returns what it printed. */
export async function weirHere(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<string> {
  let printed = '';
  const screen = { write: (text: string) => (printed += text) };
  const place = {
    systems,
    clock: realClock,
    migrations,
    environment: { WEIR_INSTANCE: 'test', WEIR_LOG_LEVEL: 'error', ...environment },
    output: screen,
    errors: screen,
  };
  const exitCode = await runCommandLine(place, words);
  expect(exitCode, printed).toBe(0);
  return printed;
}
