import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { openWholeFile } from '../../../src/connectors/disk/openWholeFile.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

const seen = async (): Promise<readonly string[]> => (await readdir(folder)).filter((name) => !name.startsWith('.'));

it('nobody sees a file before it is whole; then it stands in the place of the one before', async () => {
  await writeFile(join(folder, 'day.csv'), 'before');
  const file = await openWholeFile(folder, 'day.csv');
  await file.write('a');
  await file.write('b');
  expect(await readFile(join(folder, 'day.csv'), 'utf8')).toBe('before');
  await file.finish();
  await file.abandon();
  expect(await readFile(join(folder, 'day.csv'), 'utf8')).toBe('ab');
  expect(await readdir(folder)).toEqual(['day.csv']);
});

it('what is abandoned leaves nothing', async () => {
  const file = await openWholeFile(folder, 'day.csv');
  await file.write('a');
  await file.abandon();
  await file.abandon();
  expect(await readdir(folder)).toEqual([]);
});

it('who began last is who is believed: what a dead process left is removed, and one that slept cannot finish', async () => {
  const slept = await openWholeFile(folder, 'day.csv');
  const other = await openWholeFile(folder, 'other.csv');
  await slept.write('old');
  const file = await openWholeFile(folder, 'day.csv');
  await file.write('new');
  await file.finish();
  await expect(slept.finish()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('ENOENT') as string });
  await slept.abandon();
  await other.finish();
  expect(await seen()).toEqual(['day.csv', 'other.csv']);
  expect(await readFile(join(folder, 'day.csv'), 'utf8')).toBe('new');
});

it('a folder that cannot be written is named, and may be set right', async () => {
  const missing = join(folder, 'missing');
  await expect(openWholeFile(missing, 'day.csv')).rejects.toMatchObject({
    ...{ code: 'unavailable', kind: 'transient' },
    message: `A file in the folder ${missing} cannot be written (ENOENT).`,
  });
});
