import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

  it.each([
    [200, 0],
    [503, 1],
  ])('is healthy as /livez is: %i', async (status, exitCode) => {
    const server = createServer((request, response) => void response.writeHead(request.url === '/livez' ? status : 404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const health = lines[lines.findIndex((line) => line.startsWith('HEALTHCHECK')) + 1] ?? '';
    const [, ...args] = JSON.parse(
      health.replace(/^ *CMD /, '').replace('9464', String((server.address() as AddressInfo).port)),
    ) as string[];
    const [code] = (await once(spawn(process.execPath, args), 'exit')) as number[];
    server.close();
    expect(code).toBe(exitCode);
  });

  it('runs without rights', () => {
    expect(lines).toContain('USER node');
  });
});
