import { readdir } from 'node:fs/promises';

/** Migration files: four digits, an underscore, a name; anything else in the folder is not one. */
export const migrationFile = /^(\d{4}_\w+)\.(?:sql|ts)$/;

/** The names of the migrations in a folder, without their endings, in the order in which they are applied. */
export async function migrationNames(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).map((file) => migrationFile.exec(file)?.[1]);
  return names.filter((name) => name !== undefined).sort();
}
