import { readFileSync } from 'node:fs';

/** A process and its children, by their ids; nothing without a process. Children are found on Linux only. */
export function family(pid: number | undefined): readonly number[] {
  return pid === undefined ? [] : [pid, ...childrenOf(pid)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
