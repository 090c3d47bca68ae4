import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPackage } from './debianPackage.ts';

const run = promisify(execFile);

/** The commands of Prometheus. */
export interface PrometheusBinaries {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Finds Prometheus and promtool: those in PATH, else the distribution's package. Throws one sentence where neither is to be had. */
export async function prometheusBinaries(): Promise<PrometheusBinaries> {
  const inPath = { prometheus: 'prometheus', promtool: 'promtool' };
  if (await isUsable(inPath)) return inPath;
  // Its pages' scripts and fonts are packages of their own, which nothing here looks at.
  const home = await debianPackage('prometheus', { title: 'Prometheus' });
  const unpacked = { prometheus: join(home, 'usr/bin/prometheus'), promtool: join(home, 'usr/bin/promtool') };
  if (await isUsable(unpacked)) return unpacked;
  throw new Error(`Prometheus is needed: there is none in PATH, and the one in ${home} does not run.`);
}

async function isUsable({ prometheus, promtool }: PrometheusBinaries): Promise<boolean> {
  try {
    await Promise.all([run(prometheus, ['--version']), run(promtool, ['--version'])]);
    return true;
  } catch {
    return false;
  }
}
