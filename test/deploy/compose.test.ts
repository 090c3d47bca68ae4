import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadOptions } from '../../config/load.ts';
import { systems } from '../../pipelines/index.ts';
import { joinedSchema, optionsOf } from '../../src/commandLine/systems.ts';

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, '..', '..');
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const specification = z.fromJSONSchema(
  JSON.parse(readFileSync(join(import.meta.dirname, 'composeSpec.json'), 'utf8')) as z.core.JSONSchema.JSONSchema,
);

const place = mkdtempSync(join(tmpdir(), 'weir-secrets-'));
const folder = join(place, 'secrets');
afterAll(() => rmSync(place, { recursive: true }));

function makeSecrets(): Readonly<Record<string, string>> {
  execFileSync(process.execPath, [join(root, 'bin/makeSecrets.js'), folder]);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

describe('docker-compose.yml', () => {
  it('is as the Compose Specification says', () => {
    expect(specification.safeParse(compose).error).toBeUndefined();
    const misspelt = { ...compose, services: { weir: { image: 'weir', heathcheck: {} } } };
    expect(specification.safeParse(misspelt).success).toBe(false);
  });

  it.each(['weir', 'migrate'])('gives %s options that there are, and every one that it needs', (name) => {
    makeSecrets();
    const given = Object.entries(compose.services[name]?.environment ?? {});
    const environment = Object.fromEntries(given.map(([variable, value]) => [variable, value.replace(/^\/run\/secrets/, folder)]));
    const { values } = loadOptions(joinedSchema(systems), { files: [], environment, set: [] });
    const { runtime } = optionsOf(values).process;
    const graceMs = Number.parseInt(compose.services['weir']?.stop_grace_period ?? '', 10) * 1_000;
    expect(graceMs).toBeGreaterThan(runtime.stopGraceMs + runtime.stopTimeoutMs);
  });

  it('opens ports on this machine alone', () => {
    const ports = services.flatMap(([, { ports: opened = [] }]) => opened);
    expect(ports).not.toEqual([]);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('names a version of every image that it does not build', () => {
    const open = services.filter(([, { image }]) => image !== 'weir' && !/:v?\d+\.\d+/.test(image));
    expect(open.map(([name]) => name)).toEqual([]);
  });

  it('mounts what is there: files of this folder, and volumes that it declares', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const missing = sources.filter((source) => !(source.startsWith('./') ? existsSync(join(root, source)) : source in compose.volumes));
    expect(missing).toEqual([]);
  });

  it('takes its secrets from files that makeSecrets makes, each where a service is given it', () => {
    const made = makeSecrets();
    const files = Object.values(compose.secrets).map(({ file }) => basename(file));
    expect(files.filter((name) => !(name in made))).toEqual([]);
    const given = new Set(services.flatMap(([, { secrets = [] }]) => secrets));
    expect([...given].sort()).toEqual(Object.keys(compose.secrets).sort());
    const read = JSON.stringify(compose.services).matchAll(/\/run\/secrets\/(\w+)/g);
    expect([...read].map(([, name = '']) => name).filter((name) => !given.has(name))).toEqual([]);
  });
});

describe('makeSecrets', () => {
  it('keeps the secrets that are there, and everyone else out', () => {
    const first = makeSecrets();
    expect(makeSecrets()).toEqual(first);
    expect(first['database_url']).toContain(`:${first['postgres_password'] ?? ''}@`);
    expect(first['redis_configuration']).toBe(`requirepass ${first['redis_password'] ?? ''}\n`);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });
});
