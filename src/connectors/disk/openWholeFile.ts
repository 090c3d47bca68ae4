import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WeirError } from '../../errors.ts';
import type { OpenWholeFile } from '../wholeFile.ts';

/** What is not finished ends so. */
const ending = '.part';

/** Whole files on a disk: written beside their place, synchronised, renamed into it, and the folder synchronised. */
export const openWholeFile: OpenWholeFile = async (folder, name) => {
  const beside = join(folder, `.${name}.${randomUUID()}${ending}`);
  const file = await telling(folder, async () => {
    const left = (await readdir(folder)).filter((other) => other.startsWith(`.${name}.`) && other.endsWith(ending));
    await Promise.all(left.map((other) => rm(join(folder, other), { force: true })));
    return open(beside, 'wx', 0o640);
  });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    write: (text) => telling(folder, () => file.writeFile(text)),
    finish: () =>
      telling(folder, async () => {
        await file.sync();
        await close();
        await rename(beside, join(folder, name));
        await syncFolder(folder);
      }),
    abandon: async () => {
      await close().catch(() => undefined);
      await rm(beside, { force: true }).catch(() => undefined);
    },
  };
};

/** Without it the name may be gone after a loss of power, though the file is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** A disk that is full or a folder that is missing is set right by somebody, and then the same call succeeds. */
async function telling<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
    throw new WeirError('unavailable', `A file in the folder ${folder} cannot be written (${code}).`, { cause: error });
  }
}
