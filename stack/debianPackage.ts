import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './folders.ts';

const run = promisify(execFile);

export interface PackageOptions {
  /** What is needed, for the sentence that says so: `Redis 7 or newer`. */
  readonly title: string;
  /** Also those of the packages it needs that this machine lacks. Default false. */
  readonly withDependencies?: boolean;
}

/**
 * A package of the machine's distribution, unpacked in the cache folder without being installed; answers that folder. It is
 * fetched by apt-get the first time. Needs no root. Throws one sentence where it is not to be had.
 */
export async function debianPackage(name: string, options: PackageOptions): Promise<string> {
  const home = join(cacheFolder(), `${name}-${distribution()}-${process.arch}`);
  if (!existsSync(home)) await fetchInto(home, name, options);
  return home;
}

function distribution(): string {
  if (!existsSync('/etc/os-release')) return process.platform;
  const text = readFileSync('/etc/os-release', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.-]*)`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}`;
}

async function fetchInto(home: string, name: string, options: PackageOptions): Promise<void> {
  const staged = mkdtempSync(`${home}.`);
  try {
    await download(staged, name, options).catch(async () => {
      // No package lists, or lists older than the archive. This needs root; without it the second try tells why.
      await run('apt-get', ['update', ...patience]).catch(() => undefined);
      await download(staged, name, options);
    });
    renameSync(staged, home);
  } catch (cause) {
    rmSync(staged, { recursive: true, force: true });
    // Another process was first.
    if (existsSync(home)) return;
    const wayOut = `install ${name}, or let "apt-get download ${name}" work (run "apt-get update")`;
    throw new Error(`${options.title} is needed: ${wayOut}.`, { cause });
  }
}

const patience = ['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];

async function download(folder: string, name: string, { withDependencies = false }: PackageOptions): Promise<void> {
  const packages = withDependencies ? await missingPackages(name) : [name];
  await run('apt-get', ['download', ...patience, ...packages], { cwd: folder });
  for (const file of readdirSync(folder).filter((candidate) => candidate.endsWith('.deb'))) {
    await run('dpkg', ['-x', join(folder, file), folder]);
    rmSync(join(folder, file));
  }
}

async function missingPackages(name: string): Promise<readonly string[]> {
  const simulation = ['--simulate', '-o', 'Debug::NoLocking=true', 'install', '--no-install-recommends', name];
  const { stdout } = await run('apt-get', simulation, { env: { ...process.env, LC_ALL: 'C' } });
  return [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, found]) => found ?? '');
}
