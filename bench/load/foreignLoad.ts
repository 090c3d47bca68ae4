import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { machineSeconds, processStat, treeSeconds, type ProcessStat } from './procStat.ts';

/** A moment on the clock and on the processors. */
interface Reading {
  readonly atMs: number;
  /** Processor seconds that others than this process and what it started have used. */
  readonly foreignSeconds: number;
}

/**
 * Begins to watch what other programs do. The returned function tells which share of the machine's processors they have used
 * since, 0 to 1; undefined where the system does not tell (no `/proc`).
 */
export function watchForeignLoad(): () => number | undefined {
  const before = read();
  return () => {
    const after = read();
    if (before === undefined || after === undefined) return undefined;
    const available = ((after.atMs - before.atMs) / 1_000) * availableParallelism();
    return Math.max(0, after.foreignSeconds - before.foreignSeconds) / available;
  };
}

function read(): Reading | undefined {
  const stat = contentOf('/proc/stat');
  if (stat === undefined) return undefined;
  return { atMs: performance.now(), foreignSeconds: machineSeconds(stat) - treeSeconds(processes(), process.pid) };
}

function processes(): readonly ProcessStat[] {
  const texts = readdirSync('/proc').map((name) => (/^\d+$/.test(name) ? contentOf(`/proc/${name}/stat`) : undefined));
  return texts.filter((text) => text !== undefined).map(processStat);
}

/** Undefined for a process that has ended meanwhile. */
function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
