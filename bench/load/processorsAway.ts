import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

const everyMs = 10;
/** How much of the time about a moment is looked at; the kernel tells what the machine was denied in steps of 10 ms. */
const windowMs = 100;
const msPerTick = 10;

interface Sample {
  readonly atMs: number;
  /** Since it began, how long the process waited for a processor that another program had, and the machine for one that its host gave to others. */
  readonly awayMs: number;
}

/** The longest time within 100 ms that a process could not run although it had work, in the second of the clock (Unix time) or beside it; milliseconds. */
export type ProcessorsAway = (second: number) => number;

/**
 * Watches, until the signal, how long a process has work and no processor: other programs have them (/proc/PID/schedstat) or the host of a
 * virtual machine does (steal in /proc/stat). Wall-clock times that are told of the process have that in them.
 */
export function watchProcessorsAway(pid: number, until: AbortSignal): ProcessorsAway {
  const samples: Sample[] = [];
  const timer = setInterval(() => samples.push({ atMs: Date.now(), awayMs: waited(pid) + stolen() }), everyMs);
  until.addEventListener('abort', () => clearInterval(timer), { once: true });
  return (second) => {
    const near = samples.filter(({ atMs }) => Math.abs(atMs / 1_000 - second - 0.5) < 1.5);
    return Math.max(0, ...near.map((one, index) => away(one, near.slice(index))));
  };
}

/** The process of a Redis of this machine. */
export async function processIdOf(redis: Redis): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
}

function away(from: Sample, rest: readonly Sample[]): number {
  const last = rest.findLast(({ atMs }) => atMs - from.atMs <= windowMs) ?? from;
  return last.awayMs - from.awayMs;
}

function waited(pid: number): number {
  const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  return Number(waitedNs) / 1e6;
}

function stolen(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? [];
  return Number(ticks[7]) * msPerTick;
}
