import { InvalidArgumentError, Option, type Command } from 'commander';

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Gives a command the flags that all commands have which read the options of the process: `CommonFlags`. */
export function common(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', 'read options from a YAML file (repeatable; the later wins)').argParser(repeated))
    .addOption(new Option('--set <path=value>', 'set one option (repeatable; wins over all)').argParser(repeated))
    .option('--json', 'print for programs');
}

/** Why something is done, for the audit. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'why, for the audit').argParser((text) => {
    if (text.trim() === '') throw new InvalidArgumentError('expected why it is done');
    return text.trim();
  });
}

/** The reason of what is done without one. */
export const noReason = 'none given';
