import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const become = new URL('../../bin/become.js', import.meta.url).href;

interface Run {
  readonly output: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs `program` through `become`, as a recent or an older Node.js does; `onReady` gets the process once the program says so. */
async function run(options: {
  readonly program: string;
  readonly isOlder?: boolean;
  readonly onReady?: (pid: number) => void;
}): Promise<Run> {
  const entry = `
    ${options.isOlder === true ? 'delete process.execve;' : ''}
    const { become } = await import(${JSON.stringify(become)});
    become('node', ['--eval', process.argv[1]], process.env);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', entry, options.program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: `${fileURLToPath(new URL('.', `file://${process.execPath}`))}:${process.env['PATH'] ?? ''}` },
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
    if (text.includes('ready') && child.pid !== undefined) options.onReady?.(child.pid);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { output, code, signal };
}

const waiting = (signal: string): string => `
  process.on('${signal}', () => { console.log('got ${signal}'); process.exit(7); });
  setInterval(() => {}, 1000);
  console.log('ready');
`;

describe.each([{ isOlder: false }, { isOlder: true }])('become (older Node.js: $isOlder)', ({ isOlder }) => {
  it('gives the exit code of the program', async () => {
    expect(await run({ program: 'process.exit(3)', isOlder })).toMatchObject({ code: 3 });
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('brings %s to the program', async (signal) => {
    const { output, code } = await run({ program: waiting(signal), isOlder, onReady: (pid) => process.kill(pid, signal) });
    expect(output).toContain(`got ${signal}`);
    expect(code).toBe(7);
  });

  it('tells by its exit that the program was killed', async () => {
    const { code, signal } = await run({ program: `process.kill(process.pid, 'SIGKILL')`, isOlder });
    expect(isOlder ? code : signal).toBe(isOlder ? 137 : 'SIGKILL');
  });
});

describe('become', () => {
  it('replaces the process where Node.js can, with no word about it', async () => {
    const pids: number[] = [];
    const { output } = await run({
      program: `console.log('ready ' + process.pid); process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1000)`,
      onReady: (pid) => {
        pids.push(pid);
        process.kill(pid, 'SIGTERM');
      },
    });
    expect(output).toBe(`ready ${pids[0] ?? 'nothing'}\n`);
  });

  it('keeps SIGINT to itself where it only starts the program, since a terminal sends it to both', async () => {
    const program = `
      process.on('SIGINT', () => { console.log('interrupted'); });
      process.on('SIGTERM', () => process.exit(7));
      setInterval(() => {}, 1000);
      console.log('ready');
    `;
    const { output, code } = await run({
      program,
      isOlder: true,
      onReady: (pid) => {
        process.kill(pid, 'SIGINT');
        process.kill(pid, 'SIGTERM');
      },
    });
    expect(output).toBe('ready\n');
    expect(code).toBe(7);
  });
});
