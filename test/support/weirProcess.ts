import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeOptions } from '../../bin/nodeOptions.js';
import { variableOf } from '../../config/option.ts';
import { systems } from '../../pipelines/index.ts';
import { enabledOption } from '../../src/runtime/schedules/enabledOption.ts';
import { atTheEnd } from './atTheEnd.ts';
import { until } from './until.ts';

/** A line of its log: the sentence is `msg`. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended: its exit code, or the signal that killed it. */
export interface WeirEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a command answered. */
export interface WeirAnswer extends WeirEnd {
  /** Standard output: results. */
  readonly output: string;
  /** Standard error: log, progress, refusals. */
  readonly errors: string;
}

/** A process of Weir, started as a service manager would and followed by its log. */
export interface WeirProcess {
  readonly pid: number;
  /** Standard output so far. */
  output(): string;
  /** Standard error so far, as text. */
  errors(): string;
  /** The lines of its log so far. */
  log(): readonly LogLine[];
  /** The first line of the log with this sentence, and these fields; waits for it. Rejects when the process ends without it. */
  logged(sentence: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>;
  /** `http://127.0.0.1:port` of its admin port, from its log. */
  adminUrl(): Promise<string>;
  /** An answer of its admin port. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<WeirEnd>;
  /** Drains it with SIGTERM, once it listens to signals, and answers how it ended. */
  stop(): Promise<WeirEnd>;
}

const root = join(import.meta.dirname, '..', '..');
// Node.js compiles what it starts with; on a busy machine that takes a while.
const logLimitMs = 60_000;

/** Schedules run by the real clock: a test that happens to run at a fire time is not disturbed by one it has not asked for. */
const schedulesOff = Object.fromEntries(systems.schedules.map(({ name }) => [variableOf(enabledOption(name)), 'false']));

/**
 * Starts `node src/main.ts` with these words. Its environment holds the given variables and none of ours that configure Weir; its
 * admin port is a free one where the variables name none, and schedules are off unless the variables turn them on. Killed at the
 * end of the file if it still runs.
 */
export function startWeir(environment: Readonly<Record<string, string>>, ...words: readonly string[]): WeirProcess {
  return startRelease(root, environment, ...words);
}

/** The same of another release, which lies in a folder of its own. */
export function startRelease(folder: string, environment: Readonly<Record<string, string>>, ...words: readonly string[]): WeirProcess {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WEIR_')));
  const child = spawn(process.execPath, [...nodeOptions, join(folder, 'src', 'main.ts'), ...words], {
    env: { ...inherited, WEIR_ADMIN_PORT: '0', ...schedulesOff, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const lines: string[] = [];
  let isRunning = true;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const ended = new Promise<WeirEnd>((resolve, reject) => {
    child.once('error', reject);
    // `close` comes after `exit`, when both outputs were read to their ends.
    child.once('close', (code, signal) => {
      isRunning = false;
      resolve({ code, signal });
    });
  });
  atTheEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });

  const log = (): readonly LogLine[] => lines.flatMap(parseLine);
  const errors = (): string => lines.join('\n');
  const logged: WeirProcess['logged'] = async (sentence, fields = {}) => {
    const wanted = (): LogLine | undefined => log().find((line) => line.msg === sentence && hasFields(line, fields));
    const isOver = (): boolean => wanted() !== undefined || !isRunning;
    await until(`weir ${words.join(' ')} logs "${sentence}"`, isOver, { limitMs: logLimitMs });
    const line = wanted();
    if (line === undefined) throw new Error(`weir ${words.join(' ')} ended without logging "${sentence}":\n${errors()}`);
    return line;
  };
  const adminUrl = async (): Promise<string> => String((await logged('admin port open'))['address']);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    errors,
    log,
    logged,
    adminUrl,
    ask: async (path) => {
      const response = await fetch((await adminUrl()) + path);
      return { status: response.status, text: await response.text() };
    },
    signal: (signal) => void child.kill(signal),
    ended,
    stop: async () => {
      // A process that has said nothing may not listen to signals yet, and would die of this one.
      await until(`weir ${words.join(' ')} logs anything`, () => log().length > 0 || !isRunning, { limitMs: logLimitMs });
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Runs a command of Weir to its end. */
export async function runWeir(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<WeirAnswer> {
  const weir = startWeir(environment, ...words);
  const end = await weir.ended;
  return { ...end, output: weir.output(), errors: weir.errors() };
}

/** Lines that are not of the log (progress, refusals) are left out. */
function parseLine(line: string): readonly LogLine[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line) as LogLine];
  } catch {
    return [];
  }
}

function hasFields(line: LogLine, fields: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fields).every(([name, value]) => line[name] === value);
}
