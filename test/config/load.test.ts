import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadOptions, OptionProblems, type OptionSources } from '../../config/load.ts';
import { leavesOf, option, variableOf } from '../../config/option.ts';
import { processOptions } from '../../config/schema.ts';

const schema = z.strictObject({
  admin: z.strictObject({ port: option(z.int().min(0).max(65_535).default(9464), { about: 'The port.' }) }).prefault({}),
  profiles: option(z.array(z.string().min(1)).default([]), { about: 'What runs.' }),
  redis: z.strictObject({ url: option(z.string().regex(/^redis:/, 'redis://host:port'), { about: 'The bus.', isSecret: true }) }),
  smtp: z.strictObject({ requireTls: option(z.boolean().default(true), { about: 'TLS.' }) }).prefault({}),
  jobs: z.strictObject({ leaseMs: option(z.int().min(1).default(15_000), { about: 'Lease.', unit: 'ms' }) }).prefault({}),
});

const folder = mkdtempSync(join(tmpdir(), 'weir-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function load(sources: Partial<OptionSources>): ReturnType<typeof loadOptions<z.infer<typeof schema>>> {
  return loadOptions(schema, { files: [], environment: { WEIR_REDIS_URL: 'redis://here' }, set: [], ...sources });
}

function problems(sources: Partial<OptionSources>): readonly string[] {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof OptionProblems) return error.problems.map(({ path, problem }) => `${path}: ${problem}`);
    throw error;
  }
  return [];
}

describe('loadOptions', () => {
  it('takes --set before the environment, that before files, those before defaults, and says where each came from', () => {
    const yaml = file('weir.yaml', 'admin: { port: 1 }\njobs: { leaseMs: 100 }\nprofiles: [producer]\n');
    const { values, list } = load({
      files: [yaml],
      environment: { WEIR_REDIS_URL: 'redis://here', WEIR_ADMIN_PORT: '2', WEIR_JOBS_LEASE_MS: '200' },
      set: ['admin.port=3'],
    });
    expect(values).toMatchObject({ admin: { port: 3 }, jobs: { leaseMs: 200 }, profiles: ['producer'], smtp: { requireTls: true } });
    expect(list.map(({ path, origin }) => [path, origin])).toEqual([
      ['admin.port', '--set'],
      ['profiles', yaml],
      ['redis.url', 'WEIR_REDIS_URL'],
      ['smtp.requireTls', 'default'],
      ['jobs.leaseMs', 'WEIR_JOBS_LEASE_MS'],
    ]);
  });

  it('reads numbers, booleans and lists from text', () => {
    const { values } = load({ set: ['smtp.requireTls=false', 'profiles=producer, consumer', 'admin.port=0'] });
    expect(values).toMatchObject({ smtp: { requireTls: false }, profiles: ['producer', 'consumer'], admin: { port: 0 } });
  });

  it('names every wrong option at once, with what was expected', () => {
    const found = problems({
      files: [file('wrong.yaml', 'admin: { prot: 1 }\nlease: 5\n')],
      environment: { WEIR_ADMIN_PORT: '70000', WEIR_RADIS_URL: 'x', WEIR_JOBS_LEASE_MS: 'soon' },
      set: ['leaseMs=5', 'profiles'],
    });
    expect(found).toEqual([
      'admin.prot: is not an option; did you mean admin.port?',
      'lease: is not an option',
      'WEIR_RADIS_URL: is not the variable of an option; did you mean WEIR_REDIS_URL?',
      'leaseMs: is not an option; did you mean jobs.leaseMs?',
      'profiles: needs a value: path=value',
      'admin.port: Too big: expected number to be <=65535',
      'redis.url: is missing: The bus.',
      'jobs.leaseMs: Invalid input: expected number, received string (in ms)',
    ]);
  });

  it('reads a secret from a file, and only a secret', () => {
    const secret = file('redis-url', 'redis://user:password@here\n');
    expect(load({ environment: { WEIR_REDIS_URL_FILE: secret } }).values.redis.url).toBe('redis://user:password@here');
    expect(problems({ environment: { WEIR_REDIS_URL_FILE: join(folder, 'absent') } })).toEqual([
      `redis.url: the file ${join(folder, 'absent')} cannot be read`,
      'redis.url: is missing: The bus.',
    ]);
    expect(problems({ environment: { WEIR_REDIS_URL: 'redis://x', WEIR_ADMIN_PORT_FILE: secret } })).toEqual([
      'WEIR_ADMIN_PORT_FILE: is not the variable of an option; did you mean WEIR_ADMIN_PORT?',
    ]);
  });

  it('says which file is not YAML', () => {
    const broken = file('broken.yaml', 'admin: [1\n');
    expect(problems({ files: [broken] })[0]).toContain(`${broken}: cannot be read as YAML`);
  });
});

describe('the options of the process', () => {
  it('each have a sentence, and each limit of time its unit', () => {
    for (const { path, about, unit } of leavesOf(z.strictObject(processOptions))) {
      expect(about, path).toMatch(/^[A-Z/].+\.$/);
      if (path.endsWith('Ms')) expect(unit, path).toBe('ms');
    }
  });

  it('have the variables that other programs know', () => {
    expect(['database.url', 'redis.url', 'bus.kind', 'smtp.url', 'admin.port'].map(variableOf)).toEqual([
      'WEIR_DATABASE_URL',
      'WEIR_REDIS_URL',
      'WEIR_BUS_KIND',
      'WEIR_SMTP_URL',
      'WEIR_ADMIN_PORT',
    ]);
  });
});
