import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './folders.ts';

const run = promisify(execFile);

/** The Redis server, and what its environment needs. */
export interface RedisBinary {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds a Redis server of version 7 or newer: the one in PATH, else the distribution's package with its libraries, fetched by
 * apt-get without installing it, and kept in the cache folder. Throws one sentence where neither is to be had.
 */
export async function redisBinary(): Promise<RedisBinary> {
  const inPath = { command: 'redis-server', env: process.env };
  if (await isUsable(inPath)) return inPath;
  const home = join(cacheFolder(), `redis-${distribution()}-${process.arch}`);
  if (!existsSync(home)) await fetchInto(home);
  const unpacked = { command: join(home, 'usr/bin/redis-server'), env: { ...process.env, LD_LIBRARY_PATH: librariesIn(home) } };
  if (await isUsable(unpacked)) return unpacked;
  throw new Error(`Redis 7 or newer is needed: there is none in PATH, and the one in ${home} does not run.`);
}

async function isUsable({ command, env }: RedisBinary): Promise<boolean> {
  try {
    const { stdout } = await run(command, ['--version'], { env });
    return Number(/ v=(\d+)/.exec(stdout)?.[1] ?? 0) >= 7;
  } catch {
    return false;
  }
}

function distribution(): string {
  if (!existsSync('/etc/os-release')) return process.platform;
  const text = readFileSync('/etc/os-release', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.-]*)`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}`;
}

function librariesIn(home: string): string {
  return readdirSync(join(home, 'usr/lib'))
    .filter((name) => name.includes('-linux-'))
    .map((name) => join(home, 'usr/lib', name))
    .join(delimiter);
}

async function fetchInto(home: string): Promise<void> {
  const staged = mkdtempSync(`${home}.`);
  try {
    await download(staged).catch(async () => {
      // No package lists, or lists older than the archive. This needs root; without it the second try tells why.
      await run('apt-get', ['update', ...patience]).catch(() => undefined);
      await download(staged);
    });
    renameSync(staged, home);
  } catch (cause) {
    rmSync(staged, { recursive: true, force: true });
    // Another process was first.
    if (existsSync(home)) return;
    throw new Error(
      'Redis 7 or newer is needed: install redis-server, or let "apt-get download redis-server" work (run "apt-get update").',
      { cause },
    );
  }
}

const patience = ['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];

/** Fetches the package and those of its libraries that this machine lacks, and unpacks them. */
async function download(folder: string): Promise<void> {
  const simulation = ['--simulate', '-o', 'Debug::NoLocking=true', 'install', '--no-install-recommends', 'redis-server'];
  const { stdout } = await run('apt-get', simulation, { env: { ...process.env, LC_ALL: 'C' } });
  const packages = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
  await run('apt-get', ['download', ...patience, ...packages], { cwd: folder });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg', ['-x', join(folder, file), folder]);
    rmSync(join(folder, file));
  }
}
