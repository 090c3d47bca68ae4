import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { hasPostgresLinks, isComplete, nodeBinary, root } from './installation.js';

/**
 * Makes sure that everything is installed and returns the environment to work in: the project's Node.js and the programs of its
 * packages first in PATH. Several invocations at once install once: the others wait for the first. Ends the process when the
 * installation fails.
 *
 * @param {{ isProduction: boolean }} options
 */
export function prepare({ isProduction }) {
  const node = nodeBinary();
  if (!existsSync(node) || !isComplete(root, { isProduction }) || !hasPostgresLinks()) install(isProduction);
  const path = [dirname(node), join(root, 'node_modules/.bin'), process.env.PATH];
  return { ...process.env, PATH: path.join(delimiter) };
}

/** @param {boolean} isProduction */
function install(isProduction) {
  const args = [join(root, 'bin/install.js'), ...(isProduction ? ['--production'] : [])];
  // The kernel releases this lock with the last process that holds it, whatever happened to it. npm ci never writes the lockfile.
  const locked = spawnSync('flock', [join(root, 'package-lock.json'), process.execPath, ...args], { stdio: 'inherit' });
  const isWithoutFlock = locked.error !== undefined && 'code' in locked.error && locked.error.code === 'ENOENT';
  const { status } = isWithoutFlock ? spawnSync(process.execPath, args, { stdio: 'inherit' }) : locked;
  if (status !== 0) process.exit(status ?? 1);
}
