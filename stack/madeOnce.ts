import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './folders.ts';

/**
 * A folder of the cache folder that `make` fills the first time, under a temporary name; answers where it is. Two processes that
 * make it at once both succeed, and what was interrupted or failed never stands under its name.
 */
export async function madeOnce(name: string, make: (staged: string) => Promise<void>): Promise<string> {
  const home = join(cacheFolder(), name);
  if (existsSync(home)) return home;
  const staged = mkdtempSync(`${home}.`);
  try {
    await make(staged);
    renameSync(staged, home);
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    // Unless another process was first.
    if (!existsSync(home)) throw error;
  }
  return home;
}
