import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { until } from '../support/until.ts';

interface Started {
  readonly pid: number;
  readonly logFile: string;
}

const starter = `
  import { startRedis } from ${JSON.stringify(new URL('../../stack/redis.ts', import.meta.url).href)};
  const { pid, logFile } = await startRedis();
  console.log(JSON.stringify({ pid, logFile }));
  setInterval(() => {}, 1000);
`;

it('ends a service and removes its folder when the starter is killed by SIGKILL', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', starter], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { pid, logFile } = JSON.parse(line) as Started;
  expect(() => process.kill(pid, 0)).not.toThrow();
  child.kill('SIGKILL');
  await until('the service is gone', () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return !existsSync(dirname(logFile));
    }
  });
});
