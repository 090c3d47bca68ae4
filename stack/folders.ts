import { mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder for what is worth keeping between starts, outside the work tree; made where it is missing. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'];
  const folder = join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'weir');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A new folder for one service; whoever made it removes it. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `weir-${name}-`));
}
