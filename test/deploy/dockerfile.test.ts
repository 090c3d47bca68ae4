import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n');
const folder = mkdtempSync(join(tmpdir(), 'weir-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the image', () => {
  it('holds all that the command weir is made of, and sends nothing else to the build', () => {
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
    const allowed = readFileSync(join(root, '.dockerignore'), 'utf8').matchAll(/^!(.*)$/gm);
    expect([...new Set(copied)].sort()).toEqual([...allowed].map(([, name]) => name).sort());
    for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const printed = execFileSync(process.execPath, ['bin/weir.js', 'pipelines'], { cwd: folder, encoding: 'utf8' });
    expect(printed).toContain('billing.deliver');
  });

  it('runs without rights', () => {
    expect(lines).toContain('USER node');
  });
});
