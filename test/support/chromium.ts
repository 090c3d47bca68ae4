import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { debianPackage } from '../../stack/debianPackage.ts';

const run = promisify(execFile);

/** A browser, and what its environment needs. */
export interface Chromium {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Finds Chromium: the one in PATH, else the distribution's package with its libraries. Throws one sentence where neither is to be had. */
export async function chromium(): Promise<Chromium> {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'google-chrome'].map((name) => join(folder, name)));
  for (const command of found) if (await isUsable({ command, env: process.env })) return { command, env: process.env };
  const home = await debianPackage('chromium', { title: 'Chromium', withDependencies: true });
  const unpacked = { command: join(home, 'usr/lib/chromium/chromium'), env: { ...process.env, LD_LIBRARY_PATH: librariesIn(home) } };
  if (await isUsable(unpacked)) return unpacked;
  throw new Error(`Chromium is needed: there is none in PATH, and the one in ${home} does not run.`);
}

async function isUsable({ command, env }: Chromium): Promise<boolean> {
  try {
    const { stdout } = await run(command, ['--version'], { env });
    return /Chrom/.test(stdout);
  } catch {
    return false;
  }
}

/** The folders of libraries, and those in them: some packages keep theirs apart. */
function librariesIn(home: string): string {
  const roots = ['usr/lib', 'lib'].map((name) => join(home, name)).filter((root) => existsSync(root));
  const folders = roots.flatMap((root) => foldersIn(root).filter((folder) => folder.includes('-linux-')));
  return folders.flatMap((folder) => [folder, ...foldersIn(folder)]).join(delimiter);
}

function foldersIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
