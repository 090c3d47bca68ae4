import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPackage } from './debianPackage.ts';

const run = promisify(execFile);

/** A command, with the arguments that come before any other. */
export type Command = readonly [file: string, ...args: string[]];

/** The commands of Alertmanager. */
export interface AlertmanagerBinaries {
  readonly alertmanager: Command;
  readonly amtool: Command;
}

// The package's Alertmanager reads its templates from /usr/share alone. In a name space of its own it sees those of the package there;
// nobody else does, and nothing of the machine is changed.
const overShare = 'mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@"';

/** Finds Alertmanager and amtool: those in PATH, else the distribution's package. Throws one sentence where neither is to be had. */
export async function alertmanagerBinaries(): Promise<AlertmanagerBinaries> {
  const inPath: AlertmanagerBinaries = { alertmanager: ['alertmanager'], amtool: ['amtool'] };
  if (await isUsable(inPath)) return inPath;
  const home = await debianPackage('prometheus-alertmanager', { title: 'Alertmanager' });
  const binary = (name: string): string => join(home, 'usr/bin', name);
  const share = join(home, 'usr/share');
  const unpacked: AlertmanagerBinaries = {
    alertmanager: ['unshare', '--map-root-user', '--mount', 'sh', '-c', overShare, share, binary('prometheus-alertmanager')],
    amtool: [binary('amtool')],
  };
  if (await isUsable(unpacked)) return unpacked;
  throw new Error(`Alertmanager is needed: there is none in PATH, and the one in ${home} does not run.`);
}

async function isUsable({ alertmanager, amtool }: AlertmanagerBinaries): Promise<boolean> {
  try {
    await Promise.all([alertmanager, amtool].map(([file, ...args]) => run(file, [...args, '--version'])));
    return true;
  } catch {
    return false;
  }
}
