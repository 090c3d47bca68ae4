import type { Database } from '../../src/connectors/database.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { rotateKeys, type RotationSpec, type TableRotation } from '../../src/runtime/keys/rotateKeys.ts';

const oldKey = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const newKey = `k2:${Buffer.alloc(32, 8).toString('base64')}`;

/** Before a rotation, while it is under way, and after it. */
export const rings = { old: parseKeyRing(oldKey), both: parseKeyRing(`${newKey},${oldKey}`), onlyNew: parseKeyRing(newKey) };

/** Rotates what is under the old key, as fast as can be. */
export function rotateAll(
  spec: Pick<RotationSpec, 'database' | 'tables'>,
  changes: Partial<RotationSpec> = {},
): Promise<readonly TableRotation[]> {
  const stop = new AbortController().signal;
  const defaults = { ring: rings.both, clock: realClock, rowsPerSecond: 1_000_000, stop, progress: () => undefined };
  return rotateKeys({ ...defaults, ...spec, ...changes });
}

/** The database, that does something before the first replacement of a page. */
export function meddled(database: Database, before: () => Promise<unknown>): Database {
  let isFirst = true;
  return {
    query: (statement) => database.query(statement),
    execute: (statement) => database.execute(statement),
    listen: (channel, wake) => database.listen(channel, wake),
    close: () => database.close(),
    withTransaction: async (work, options) => {
      if (isFirst) await before();
      isFirst = false;
      return database.withTransaction(work, options);
    },
  };
}
