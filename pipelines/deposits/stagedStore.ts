import type { KeyStore } from '../../src/connectors/keyStore.ts';
import { daysKey, indexKey, parseStagedKey, stagedKeyGlob, type StagedKey } from './stagedKey.ts';

/** A look at all keys of Redis, as far as it has come; undefined at its end. */
export type ScanCursor = string | undefined;

/** What one step of a look at all keys has found. */
export interface ScanStep {
  readonly keys: readonly StagedKey[];
  /** Keys that look like staged ones and name no user or day. */
  readonly strange: readonly Buffer[];
  readonly next: ScanCursor;
}

/** Which balances are staged. Errors are those of `KeyStore`. */
export interface StagedStore {
  /** Days up to and with `upTo` that have an index, the oldest first. */
  days(upTo: string): Promise<readonly string[]>;
  /** What stands in the index of a day, in its order as text, above `after` (from the first without it): users, unless others wrote it. */
  page(day: string, after: string | undefined, limit: number): Promise<readonly string[]>;
  /** One step over all keys, from `cursor` (`'0'` to begin): finds what other programs have staged without the index. */
  scan(cursor: string): Promise<ScanStep>;
  /** At most the first kilobyte of what stands under keys; empty where they hold no string. */
  values(keys: readonly Buffer[]): Promise<readonly Buffer[]>;
}

/** Keys that Redis looks at in one step, in less than a millisecond. */
const scanCount = 1_000;

/** What is staged in a store of keys. */
export function stagedStore(keyStore: KeyStore): StagedStore {
  const lexically = async (key: string, from: string, to: string, limit: number): Promise<readonly string[]> => {
    // What another program has put in the place of an index names nobody; writing replaces it.
    const [kind] = await keyStore.run([['TYPE', key]]);
    if (String(kind) !== 'zset') return [];
    const [members] = await keyStore.run([['ZRANGEBYLEX', key, from, to, 'LIMIT', 0, limit]]);
    return (members as readonly Buffer[]).map(String);
  };
  return {
    days: (upTo) => lexically(daysKey, '-', `[${upTo}`, -1),
    page: (day, after, limit) => lexically(indexKey(day), after === undefined ? '-' : `(${after}`, '+', limit),
    scan: async (cursor) => {
      const [reply] = await keyStore.run([['SCAN', cursor, 'MATCH', stagedKeyGlob, 'COUNT', scanCount]]);
      const [next, found] = reply as readonly [Buffer, readonly Buffer[]];
      const keys = found.map((key) => ({ key, staged: parseStagedKey(key.toString('latin1')) }));
      return {
        keys: keys.flatMap(({ staged }) => (staged === undefined ? [] : [staged])),
        strange: keys.flatMap(({ key, staged }) => (staged === undefined ? [key] : [])),
        next: String(next) === '0' ? undefined : String(next),
      };
    },
    values: async (keys) => {
      const types = await keyStore.run(keys.map((key) => ['TYPE', key]));
      const strings = keys.filter((_, place) => String(types[place]) === 'string');
      const values = await keyStore.run(strings.map((key) => ['GETRANGE', key, 0, 1023]));
      const ofKey = new Map(strings.map((key, place) => [key, values[place] as Buffer]));
      return keys.map((key) => ofKey.get(key) ?? Buffer.alloc(0));
    },
  };
}
