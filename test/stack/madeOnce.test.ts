import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { madeOnce } from '../../stack/madeOnce.ts';

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'weir-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

async function write(staged: string): Promise<void> {
  await Promise.resolve();
  writeFileSync(join(staged, 'file'), 'made');
}

describe('madeOnce', () => {
  it('makes a folder the first time alone', async () => {
    const make = vi.fn(write);
    const home = await madeOnce('thing-1', make);
    expect(await madeOnce('thing-1', make)).toBe(home);
    expect(readFileSync(join(home, 'file'), 'utf8')).toBe('made');
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('gives two that make it at once the same one, and leaves nothing else', async () => {
    const homes = await Promise.all([madeOnce('thing-1', write), madeOnce('thing-1', write)]);
    expect(new Set(homes).size).toBe(1);
    expect(readdirSync(join(cache, 'weir'))).toEqual(['thing-1']);
  });

  it('leaves nothing where the making fails, and makes it the next time', async () => {
    const fail = async (staged: string): Promise<void> => {
      await write(staged);
      throw new Error('interrupted');
    };
    await expect(madeOnce('thing-1', fail)).rejects.toThrow('interrupted');
    expect(readdirSync(join(cache, 'weir'))).toEqual([]);
    await madeOnce('thing-1', write);
    expect(readdirSync(join(cache, 'weir'))).toEqual(['thing-1']);
  });
});
