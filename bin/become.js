import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Turns this process into another program. Where Node.js can, it is replaced, so that signals and the exit code need nobody
 * between. Else the program is started and awaited: SIGTERM and SIGHUP are handed on; SIGINT is not, because a terminal sends
 * it to both, and two of them mean "at once".
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export function become(command, args, env) {
  if (typeof process.execve === 'function') {
    // It warns of being experimental.
    process.removeAllListeners('warning');
    process.execve(fileOf(command, env.PATH ?? ''), [command, ...args], env);
  }
  const child = spawn(command, args, { stdio: 'inherit', env });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  process.on('SIGINT', () => undefined);
  child.on('error', (error) => fail(command, error.message));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + system.signals[signal] : (code ?? 1)));
}

/**
 * @param {string} command
 * @param {string} path
 */
function fileOf(command, path) {
  const candidates = command.includes('/') ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  return candidates.find(isExecutable) ?? fail(command, 'not found');
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} command
 * @param {string} reason
 * @returns {never}
 */
function fail(command, reason) {
  console.error(`weir: cannot start ${command}: ${reason}`);
  process.exit(127);
}
