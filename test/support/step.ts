import { spawn } from 'node:child_process';

/** How a program of the project's own checks ended. */
export interface Ended {
  readonly isPassed: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** Runs a program of the installed packages, or any in PATH, to its end; its output is gathered, or shown as it comes. */
export function step(command: string, args: readonly string[], options: { readonly isShown: boolean }): Promise<Ended> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', ...(options.isShown ? (['inherit', 'inherit'] as const) : (['pipe', 'pipe'] as const))],
    });
    let output = '';
    child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (output += text.toString()));
    const end = (isPassed: boolean): void => resolve({ isPassed, output, seconds: (performance.now() - startedMs) / 1000 });
    child.once('error', (error) => {
      output += error.message;
      end(false);
    });
    child.once('close', (code) => end(code === 0));
  });
}
