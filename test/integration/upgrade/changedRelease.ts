import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atTheEnd } from '../../support/atTheEnd.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** A text of this release, which its file has once, and what another release has instead. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Makes another release of Weir in a folder, with these changes, and returns the folder. Removed at the end of the file. */
export async function changedRelease(changes: readonly Change[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-release-'));
  atTheEnd(() => rm(folder, { recursive: true }));
  for (const name of ['bin', 'config', 'migrations', 'operators', 'package.json', 'pipelines', 'src']) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of changes) {
    const path = join(folder, file);
    const [before, after, ...more] = (await readFile(path, 'utf8')).split(from);
    if (after === undefined || more.length > 0) throw new Error(`${file} does not have this text once: ${from}`);
    await writeFile(path, `${before ?? ''}${to}${after}`);
  }
  return folder;
}
