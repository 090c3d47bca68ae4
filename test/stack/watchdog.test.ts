import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { sharedKafka } from '../support/services.ts';
import { until } from '../support/until.ts';

interface Started {
  readonly pid: number;
  readonly logFile: string;
}

function starter(file: string, start: string): string {
  return `
    import { ${start} } from ${JSON.stringify(new URL(`../../stack/${file}`, import.meta.url).href)};
    const { pid, logFile } = await ${start}();
    console.log(JSON.stringify({ pid, logFile }));
    setInterval(() => {}, 1000);
  `;
}

async function endsWithItsStarter(script: string): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
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
}

describe('a service whose starter is killed by SIGKILL', () => {
  it('ends, and its folder is removed', () => endsWithItsStarter(starter('redis.ts', 'startRedis')));

  it.skipIf(sharedKafka() === undefined)('ends also where it is a Java process', () =>
    endsWithItsStarter(starter('kafka.ts', 'startKafka')),
  );
});
