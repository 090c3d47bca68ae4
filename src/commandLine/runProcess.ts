import { join } from 'node:path';
import { framesOf } from '../errors.ts';
import type { Clock } from '../message/clock.ts';
import { runCommandLine } from './program.ts';
import type { System } from '../system.ts';

/**
 * Makes this process a Weir: runs the command line of its arguments on its environment and screens, and ends it with the exit
 * code. For entry scripts: nothing comes after it.
 */
export async function runProcess<P>(systems: System<P>, clock: Clock): Promise<never> {
  process.on('uncaughtException', endAtOnce);
  const place = {
    systems,
    clock,
    migrations: join(import.meta.dirname, '..', '..', 'migrations'),
    environment: process.env,
    output: process.stdout,
    errors: process.stderr,
  };
  process.exitCode = await runCommandLine(place, process.argv.slice(2));
  // Whatever a client library left open must not keep a process that has ended its work.
  process.exit();
}

/**
 * A mistake that nobody caught: says where and ends, since nobody knows what state it left; the service manager starts anew. The
 * message is left out, since it may carry what it failed on: personal data, a secret.
 */
function endAtOnce(error: Error): void {
  process.stderr.write(`${[`${error.name}: a mistake that nobody caught`, ...framesOf(error)].join('\n')}\n`);
  process.exit(1);
}
