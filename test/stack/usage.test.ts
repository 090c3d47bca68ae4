import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', 'stack');

function run(
  script: string,
  ...words: readonly string[]
): { readonly status: number | null; readonly output: string; readonly errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, script), ...words], { encoding: 'utf8' });
  return { status, output: stdout, errors: stderr };
}

describe.each([
  ['stack.ts', '--env FILE'],
  ['demo.ts', '--members N'],
])('%s', (script, flag) => {
  it('prints its usage when it is asked to, and starts nothing', () => {
    const { status, output, errors } = run(script, '--help');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toContain(flag);
  });

  it('ends with 2 and its usage on a flag that it does not know, or a word too many', () => {
    for (const words of [['--envv', 'x'], ['start']]) {
      const { status, output, errors } = run(script, ...words);
      expect({ status, output }).toEqual({ status: 2, output: '' });
      expect(errors).toContain(words[0]);
      expect(errors).toContain(flag);
      expect(errors).not.toContain('    at ');
    }
  });
});

it('the demo says which number of members it takes', () => {
  const { status, errors } = run('demo.ts', '--members', 'many');
  expect(status).toBe(2);
  expect(errors).toContain('--members takes a whole number from 1 to 1,000,000, got many');
});
