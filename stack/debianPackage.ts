import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from './madeOnce.ts';

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
export function debianPackage(name: string, options: PackageOptions): Promise<string> {
  return madeOnce(`${name}-${distribution()}-${process.arch}`, (staged) => fetchInto(staged, name, options));
}

function distribution(): string {
  if (!existsSync('/etc/os-release')) return process.platform;
  const text = readFileSync('/etc/os-release', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.-]*)`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}`;
}

async function fetchInto(folder: string, name: string, options: PackageOptions): Promise<void> {
  try {
    await download(folder, name, options).catch(async () => {
      // No package lists, or lists older than the archive. This needs root; without it the second try tells why.
      await run('apt-get', ['update', ...patience]).catch(() => undefined);
      await download(folder, name, options);
    });
  } catch (cause) {
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
