/** Ticks of the kernel in a second, as it tells them to programs: the same on every Linux. */
const ticksPerSecond = 100;

/** Processor seconds that all programs of a machine have used, by the text of `/proc/stat`; what other guests stole counts. */
export function machineSeconds(text: string): number {
  const [, user, nice, system, , , irq, softIrq, steal] = (text.split('\n', 1)[0] ?? '').split(/\s+/).map(Number);
  return ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softIrq ?? 0) + (steal ?? 0)) / ticksPerSecond;
}

/** One process as `/proc/<pid>/stat` tells of it. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Processor seconds of it and of its children that have ended. */
  readonly seconds: number;
}

/** Reads the text of `/proc/<pid>/stat`. The name of a process may hold spaces and brackets, so it is cut at the last one. */
export function processStat(text: string): ProcessStat {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map((at) => fields[at]);
  return { pid: Number.parseInt(text, 10), parent, seconds: (user + system + endedUser + endedSystem) / ticksPerSecond };
}

/** Processor seconds of a process and of everything that descends from it. */
export function treeSeconds(processes: readonly ProcessStat[], root: number): number {
  const byParent = Map.groupBy(processes, (process) => process.parent);
  const sum = (process: ProcessStat): number =>
    (byParent.get(process.pid) ?? []).reduce((seconds, child) => seconds + sum(child), process.seconds);
  return processes.filter((process) => process.pid === root).reduce((seconds, process) => seconds + sum(process), 0);
}
