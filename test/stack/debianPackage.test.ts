import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { debianPackage } from '../../stack/debianPackage.ts';

const cache = mkdtempSync(join(tmpdir(), 'weir-cache-'));

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

describe('debianPackage', () => {
  it('says in a sentence what to do where there is no apt-get, and leaves nothing behind', async () => {
    vi.stubEnv('XDG_CACHE_HOME', cache);
    vi.stubEnv('PATH', cache);
    await expect(debianPackage('prometheus', { title: 'Prometheus' })).rejects.toThrow(
      'Prometheus is needed: install prometheus, or let "apt-get download prometheus" work (run "apt-get update").',
    );
    expect(readdirSync(join(cache, 'weir'))).toEqual([]);
  });
});
