import { spawn } from 'node:child_process';

// Ends when its standard input does; that pipe is open only in the starter.
const script = `
read -r _
kill -s "$2" "$1" 2>/dev/null
tries=0
while kill -0 "$1" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL "$1" 2>/dev/null
rm -rf -- "$3"
`;

/**
 * Ends a process and removes its folder when the starter is gone, even by SIGKILL: one sleeping shell per process that waits
 * for the end of a pipe held by the starter alone. Chosen over the kernel's parent-death signal because it also removes the
 * folder, asks before it kills, follows the starter's process instead of one of its threads, and needs nothing but a shell.
 *
 * Returns a function that ends the watch, to be called when the process has ended by itself.
 */
export function watchdog(pid: number, signal: NodeJS.Signals, folder: string): () => void {
  const shell = spawn('/bin/sh', ['-c', script, 'weir-watchdog', String(pid), signal.replace('SIG', ''), folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  return () => shell.kill('SIGKILL');
}
