// Installs what is missing: the project's Node.js, its packages, the links of PostgreSQL's libraries. Repeatable; started by
// prepare.js under a lock, so every step looks again whether it is still needed. Reports go to standard error.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { hasPostgresLinks, isComplete, nodeBinary, postgresFolder, root } from './installation.js';

const isProduction = process.argv.includes('--production');
const node = nodeBinary();
const path = [dirname(node), process.env.PATH].join(delimiter);

if (!existsSync(node)) {
  npmCi(process.execPath, join(root, 'tools/node'), []);
  if (!existsSync(node)) fail(`npm ci in tools/node did not bring ${node}`);
}
if (!isComplete(root, { isProduction })) npmCi(node, root, [isProduction ? '--omit=dev' : '--include=dev']);
if (!hasPostgresLinks()) run(node, [join('scripts', 'hydrate-symlinks.js')], postgresFolder() ?? root);

/**
 * @param {string} nodeForNpm
 * @param {string} folder
 * @param {string[]} options
 */
function npmCi(nodeForNpm, folder, options) {
  console.error(`weir: npm ci in ${folder}`);
  // The prefix is given since one in the environment, from the npm that started us, would go before the working folder.
  run(nodeForNpm, [npmCli(), 'ci', '--prefix', folder, '--no-progress', ...options], folder);
}

/** The program of npm, to be run by a Node.js of our choice and not by the first in PATH. */
function npmCli() {
  const started = process.env.npm_execpath;
  if (started?.endsWith('npm-cli.js')) return started;
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'npm'))
    .find((file) => existsSync(file));
  if (!found) return fail('npm is not in PATH');
  const program = realpathSync(found);
  return program.endsWith('.js') ? program : join(dirname(program), '../lib/node_modules/npm/bin/npm-cli.js');
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} folder
 */
function run(command, args, folder) {
  const { status, signal, error } = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 2, 2], env: { ...process.env, PATH: path } });
  if (status !== 0) fail(`${args.join(' ')} in ${folder} failed (${error?.message ?? signal ?? `exit code ${status}`})`);
}

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(`weir: ${reason}`);
  process.exit(1);
}
