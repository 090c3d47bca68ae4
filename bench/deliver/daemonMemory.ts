import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Addresses } from './deliverBills.ts';
import { spawnDaemon } from './spawnDaemon.ts';
import type { SinkProcess } from './sinkProcess.ts';

const sampleEveryMs = 100;
const tenths = 10;

/**
 * Lets a daemon, a process of its own as an operator starts it, deliver `size` mails, and tells the highest resident set of each
 * tenth of them, in megabytes. Throws where it does not end cleanly. Only where the system tells (`/proc`).
 */
export async function daemonMemory(addresses: Addresses, sink: SinkProcess, size: number): Promise<readonly number[]> {
  const child = spawnDaemon(addresses);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const highest = Array.from({ length: tenths }, () => 0);
  try {
    for (let mails = 0; mails < size && child.exitCode === null; mails = await sink.count()) {
      const tenth = Math.floor((mails * tenths) / size);
      highest[tenth] = Math.max(highest[tenth] ?? 0, residentMb(child));
      await delay(sampleEveryMs);
    }
  } finally {
    child.kill('SIGTERM');
  }
  const [exitCode] = await ended;
  if (exitCode !== 0) throw new Error(`The daemon ended with ${exitCode}.`);
  return highest.map(Math.round);
}

function residentMb({ pid }: ChildProcess): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
