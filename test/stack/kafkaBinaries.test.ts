import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kafkaBinaries } from '../../stack/kafkaBinaries.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-commands-'));
  mkdirSync(join(folder, 'bin'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('JAVA_HOME', '');
  vi.stubEnv('PATH', join(folder, 'bin'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function command(name: string, script: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const java = (version: string): void => command('java', `echo 'openjdk ${version} 2025-04-15'`);
const need = 'A Kafka broker is needed for what runs over the Kafka bus:';

describe('kafkaBinaries', () => {
  it('asks for Java where there is none, or one that is too old', async () => {
    const sentence = `${need} install Java 17 or newer, or set JAVA_HOME to it.`;
    await expect(kafkaBinaries()).rejects.toThrow(sentence);
    java('11.0.27');
    await expect(kafkaBinaries()).rejects.toThrow(sentence);
  });

  it('asks for Maven where there is none', async () => {
    java('17.0.15');
    await expect(kafkaBinaries()).rejects.toThrow(`${need} install Maven.`);
  });

  it('says how to find out why Maven fails, and keeps nothing of what it began', async () => {
    java('17.0.15');
    command('mvn', 'exit 1');
    await expect(kafkaBinaries()).rejects.toThrow(`${need} let Maven reach its repository`);
    expect(readdirSync(join(folder, 'weir'))).toEqual([]);
  });

  it('takes the Java of JAVA_HOME, and names both versions', async () => {
    java('21');
    command('mvn', 'exit 0');
    vi.stubEnv('JAVA_HOME', folder);
    const found = await kafkaBinaries();
    expect(found.java).toBe(join(folder, 'bin', 'java'));
    expect(found.version).toMatch(/^4\.\d+\.\d+-java-21$/);
    expect(readdirSync(join(folder, 'weir'))).toEqual([`kafka-${found.version.split('-java-')[0]}`]);
  });
});
