import { join } from 'node:path';
import { systems } from '../pipelines/index.ts';
import { runCommandLine } from './commandLine/program.ts';
import { realClock } from './runtime/clock.ts';

// A mistake that nobody caught: say where and end, since nobody knows what state it left. The service manager starts anew. The
// message is left out, since it may carry what it failed on: personal data, a secret.
process.on('uncaughtException', (error) => {
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
  process.stderr.write(`${[`${error.name}: a mistake that nobody caught`, ...frames].join('\n')}\n`);
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
