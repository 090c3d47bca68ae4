import { Command, CommanderError } from 'commander';
import { OptionProblems } from '../../config/load.ts';
import { codeOf, textOf, WeirError, type ErrorCode } from '../errors.ts';
import { addCallerCommands } from './callerCommands.ts';
import { common, reasonOption } from './commonFlags.ts';
import { checkConfig, printConfig } from './configCommands.ts';
import { explainProblems, type CommonFlags, type Place } from './context.ts';
import { exitCodes, isOfConfiguration, type ExitCode } from './exitCodes.ts';
import { listJobs, showJob } from './jobCommands.ts';
import { addKeyCommands } from './keyCommands.ts';
import { migrateCommand, type MigrateFlags } from './migrateCommand.ts';
import { pipelinesCommand } from './pipelinesCommand.ts';
import { addRouteCommands } from './routeCommands.ts';
import { runCommand, type RunFlags } from './runCommand.ts';
import { listSchedulesCommand, nextFiresCommand, type NextFlags } from './scheduleCommands.ts';
import { addTokenCommands } from './tokenCommands.ts';

/** Runs one command line and answers its exit code. What is wrong is said in a sentence on the error screen. */
export async function runCommandLine<P>(place: Place<P>, words: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = buildProgram(place, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return refuse(place, error);
  }
}

function refuse<P>(place: Place<P>, error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof OptionProblems) {
    place.errors.write(`${explainProblems(error)}\n`);
    return exitCodes.configuration;
  }
  if (!(error instanceof WeirError)) throw error;
  place.errors.write(`${textOf(error)}\n`);
  return exitCodeOf(codeOf(error));
}

function exitCodeOf(code: ErrorCode): ExitCode {
  if (isOfConfiguration(code)) return exitCodes.configuration;
  return code === 'invalidKey' || code === 'notFound' ? exitCodes.usage : exitCodes.failed;
}

function buildProgram<P>(place: Place<P>, end: (code: ExitCode) => void): Command {
  const program = new Command('weir')
    .description('Weir: the back office of a telecom and payments company, as pipelines.')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeOut: (text) => place.output.write(text), writeErr: (text) => place.errors.write(text) });
  common(program.command('run'))
    .description('run the pipelines and jobs of this process; with --job one job in the foreground')
    .option('--profile <names>', 'what this process runs, by commas (default: all)')
    .option('--hold', 'start with everything paused: nothing is read, no run is worked on')
    .option('--job <name>', 'run one job and end')
    .option('--key <key>', 'the key of the run, as 2026-11')
    .option('--dry-run', 'do everything but write and send, and print what would be done')
    .option('--skipped', 'process the rows that a run has skipped, after mending')
    .addOption(reasonOption())
    .action(async (flags: RunFlags) => end(await runCommand(place, flags)));
  common(program.command('migrate'))
    .description('bring the database up to this Weir and make the topics')
    .addOption(reasonOption())
    .action(async (flags: MigrateFlags) => end(await migrateCommand(place, flags)));
  const config = program.command('config').description('the options in force');
  common(config.command('check'))
    .description('check the options')
    .option('--connect', 'also ask everything they name')
    .action(async (flags: CommonFlags & { connect?: boolean }) => end(await checkConfig(place, flags)));
  common(config.command('print'))
    .description('print every option with its value, unit and origin; secrets masked')
    .action((flags: CommonFlags) => end(printConfig(place, flags)));
  common(program.command('pipelines'))
    .description('list the pipelines and jobs with their stages')
    .action((flags: CommonFlags) => end(pipelinesCommand(place, flags)));
  const job = program.command('job').description('runs of jobs');
  common(job.command('list'))
    .description('list the latest runs')
    .action(async (flags: CommonFlags) => end(await listJobs(place, flags)));
  common(job.command('show <run>'))
    .description('show a run with its partitions and skips')
    .action(async (run: string, flags: CommonFlags) => end(await showJob(place, flags, run)));
  const schedule = program.command('schedule').description('when jobs run by themselves');
  common(schedule.command('list'))
    .description('list the schedules as they are in force, with their next and last fires')
    .action(async (flags: CommonFlags) => end(await listSchedulesCommand(place, flags)));
  common(schedule.command('next'))
    .description('list what fires next, and the runs that it opens')
    .option('--count <n>', 'how many fires', '10')
    .action(async (flags: NextFlags) => end(await nextFiresCommand(place, flags)));
  addTokenCommands(program, place, end);
  addCallerCommands(program, place, end);
  addKeyCommands(program, place, end);
  addRouteCommands(program, place, end);
  return program;
}
