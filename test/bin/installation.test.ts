import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isComplete } from '../../bin/installation.js';

type Packages = Record<string, object>;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-installation-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(locked: Packages, installed?: Packages): void {
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }));
  if (installed) writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
}

const ours = { os: [process.platform], cpu: [process.arch] };

describe('isComplete', () => {
  it.each<{ what: string; locked: Packages; installed?: Packages; expected: boolean }>([
    { what: 'no record of npm: nothing, or an interrupted installation', locked: {}, expected: false },
    {
      what: 'the locked version',
      locked: { 'node_modules/a': { version: '1.0.0' } },
      installed: { 'node_modules/a': { version: '1.0.0' } },
      expected: true,
    },
    {
      what: 'another version',
      locked: { 'node_modules/a': { version: '1.0.1' } },
      installed: { 'node_modules/a': { version: '1.0.0' } },
      expected: false,
    },
    { what: 'a missing package', locked: { 'node_modules/a': { version: '1.0.0' } }, installed: {}, expected: false },
    {
      what: 'a missing package for another platform',
      locked: { 'node_modules/a': { version: '1.0.0', optional: true, os: ['aix'], cpu: ['ppc64'] } },
      installed: {},
      expected: true,
    },
    {
      what: 'a missing optional package for this one, as an older Node.js leaves behind',
      locked: { 'node_modules/a': { version: '1.0.0', optional: true, ...ours } },
      installed: {},
      expected: false,
    },
  ])('is $expected for $what', ({ locked, installed, expected }) => {
    write(locked, installed);
    expect(isComplete(folder, { isProduction: false })).toBe(expected);
  });

  it('does without the packages for development in production only', () => {
    write({ 'node_modules/a': { version: '1.0.0', dev: true } }, {});
    expect(isComplete(folder, { isProduction: true })).toBe(true);
    expect(isComplete(folder, { isProduction: false })).toBe(false);
  });
});
