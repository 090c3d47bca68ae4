import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', 'migrations');
const listed = readFileSync(join(import.meta.dirname, 'migrations.sha256'), 'utf8')
  .trim()
  .split('\n');
// As sha256sum writes them.
const found = readdirSync(folder)
  .sort()
  .map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')}  ${file}`,
  );
const nameOf = (line: string): string => line.slice(66);

it('a migration stays as it was committed: where it is applied already, a change of it never arrives', () => {
  const unlisted = found.filter((line) => !listed.includes(line));
  const known = new Set(listed.map(nameOf));
  const changed = unlisted.map(nameOf).filter((name) => known.has(name));
  const gone = [...known].filter((name) => !found.some((line) => nameOf(line) === name));
  expect(changed, 'put these back as they were (git log -p), and the change into a new file with the next number').toEqual([]);
  expect(gone, 'put these back: databases remember them by their names').toEqual([]);
  expect(unlisted, 'a new migration: its line belongs into test/deploy/migrations.sha256 as soon as it is committed').toEqual([]);
});
