import { join } from 'node:path';
import { systems } from '../pipelines/index.ts';
import { runCommandLine } from './commandLine/program.ts';
import { realClock } from './runtime/clock.ts';

// A mistake that nobody caught: say it and end, since nobody knows what state it left. The service manager starts anew.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});

const place = {
  systems,
  clock: realClock,
  migrations: join(import.meta.dirname, '..', 'migrations'),
  environment: process.env,
  output: process.stdout,
  errors: process.stderr,
};

process.exitCode = await runCommandLine(place, process.argv.slice(2));
// Whatever a client library left open must not keep a process that has ended its work.
process.exit();
