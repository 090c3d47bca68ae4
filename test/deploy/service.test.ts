import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadOptions } from '../../config/load.ts';
import { systems } from '../../pipelines/index.ts';
import { exitCodes } from '../../src/commandLine/exitCodes.ts';
import { joinedSchema, optionsOf, type Options } from '../../src/commandLine/joinedOptions.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'deploy/weir.service'), 'utf8');
const place = mkdtempSync(join(tmpdir(), 'weir-service-'));
afterAll(() => rmSync(place, { recursive: true }));

/** Every setting with its values, in their order; one that is named twice has both. */
function settingsOf(unit: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, readonly string[]>();
  for (const [, name = '', value = ''] of unit.matchAll(/^(\w+)=(.*)$/gm)) settings.set(name, [...(settings.get(name) ?? []), value]);
  return settings;
}

const settings = settingsOf(text);

/** Where credentials are in the test: each a file, as systemd makes them. */
function credentials(): readonly string[] {
  const names = (settings.get('LoadCredential') ?? []).map((credential) => credential.split(':')[0] ?? '');
  const values: Readonly<Record<string, string>> = {
    database_url: 'postgres://weir@localhost/weir',
    redis_url: 'redis://localhost',
    smtp_url: 'smtp://localhost',
    keys_ring: `first:${Buffer.alloc(32).toString('base64')}`,
  };
  for (const name of names) writeFileSync(join(place, name), values[name] ?? '');
  return names;
}

function options(): Options {
  credentials();
  const assignments = (settings.get('Environment') ?? []).flatMap((line) => line.split(' ')).map((each) => each.replace('%d', place));
  const environment = Object.fromEntries(assignments.map((each) => each.split('=') as [string, string]));
  return optionsOf(loadOptions(joinedSchema(systems), { files: [], environment, set: [] }).values);
}

/** Runs systemd-analyze over a unit that stands for ours on this machine; undefined where there is none. */
function analyze(words: readonly string[], unit: string): { readonly status: number | null; readonly said: string } | undefined {
  const file = join(place, 'weir.service');
  writeFileSync(file, unit.replaceAll('/opt/weir', root));
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', [...words, file], { encoding: 'utf8' });
  return error === undefined ? { status, said: words[0] === 'verify' ? stderr : `${stdout}${stderr}` } : undefined;
}

const isHere = spawnSync('systemd-analyze', ['--version']).error === undefined;

describe('deploy/weir.service', () => {
  it('gives every option that has no default, from files that the service alone sees', () => {
    const { process: own } = options();
    expect(own.database.url).toBe('postgres://weir@localhost/weir');
    expect(text).not.toMatch(/^Environment=.*WEIR_\w+(?<!_FILE)=/m);
    const named = [...text.matchAll(/%d\/(\w+)/g)].map(([, name = '']) => name);
    expect(named).toEqual(credentials());
  });

  it('is not started again after the exit code that says that it does not help', () => {
    expect(settings.get('Restart')).toEqual(['on-failure']);
    expect(settings.get('RestartPreventExitStatus')).toEqual([String(exitCodes.configuration)]);
  });

  it('lets it drain and cut before it kills what is left', () => {
    const { runtime } = options().process;
    expect(settings.get('KillMode')).toEqual(['mixed']);
    expect(settings.get('KillSignal')).toEqual(['SIGTERM']);
    const seconds = /^(\d+)s$/.exec(settings.get('TimeoutStopSec')?.[0] ?? '')?.[1];
    expect(Number(seconds) * 1_000).toBeGreaterThan(runtime.stopGraceMs + runtime.stopTimeoutMs);
  });

  it('starts the command weir, which can be executed', () => {
    const [command = '', ...words] = settings.get('ExecStart')?.[0]?.replace('/opt/weir', root).split(' ') ?? [];
    accessSync(command, constants.X_OK);
    expect(words).toEqual(['run']);
  });

  it('has no right that it does not need', () => {
    expect(settings.get('User')).toEqual(['weir']);
    for (const right of ['NoNewPrivileges', 'PrivateTmp', 'PrivateDevices', 'ProtectHome', 'RestrictNamespaces', 'RestrictSUIDSGID'])
      expect(settings.get(right), right).toEqual(['yes']);
    expect(settings.get('ProtectSystem')).toEqual(['strict']);
    expect(settings.get('CapabilityBoundingSet')).toEqual(['']);
    expect(settings.get('RestrictAddressFamilies')).toEqual(['AF_INET AF_INET6 AF_UNIX']);
    expect(settings.get('SystemCallFilter')).toEqual(['@system-service']);
    expect(settings.get('MemoryDenyWriteExecute')).toEqual(['no']);
  });

  it.skipIf(!isHere)('is understood by systemd, which tells of a setting that it does not know', () => {
    expect(analyze(['verify', '--man=no'], text)).toEqual({ status: 0, said: '' });
    expect(analyze(['verify', '--man=no'], text.replace('KillMode=', 'KilMode='))?.said).toContain('KilMode');
  });

  it.skipIf(!isHere)('is exposed little, as systemd counts it: 2 of 10', () => {
    const words = ['security', '--offline=yes', '--no-pager', '--threshold=20'];
    expect(analyze(words, text)).toMatchObject({ status: 0 });
    expect(analyze(words, text.replaceAll(/^(?:Protect|Private|SystemCall)\w+=.*$/gm, ''))?.status).not.toBe(0);
  });
});
