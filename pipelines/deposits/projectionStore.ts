import type { Database } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import { WeirError } from '../../src/errors.ts';
import { raiseVersionsAbove, readProjections, type Projection } from './balanceStore.ts';
import { lockAccounts } from './ledgerStore.ts';
import { foreignScript, forgetScript, projectScript } from './projectionScripts.ts';
import { daysKey, projectionKey, type StagedKey } from './stagedKey.ts';
import type { ForeignBalance, StagedTaker } from './takeStagedStore.ts';

/** What was found under a staged key; `value` is undefined where it is gone, or what we have written. */
export interface FoundKey extends StagedKey {
  readonly value: Buffer | undefined;
}

/** What stands of users in Redis. Whatever it does may be done again, and its errors are those of `KeyStore`. */
export interface ProjectionStore {
  /** What other programs have staged for these users and days. */
  foreign(keys: readonly StagedKey[]): Promise<readonly ForeignBalance[]>;
  /**
   * Makes what stands in Redis of these users what the ledger says: balances with their time to live, staged days, indexes; last, staged
   * keys that have had their day are unlinked. A version that is newer stays. `taken`: what other programs had staged and the ledger knows of by
   * now; it is overwritten. What they stage meanwhile is taken over as well.
   */
  project(userIds: readonly bigint[], taken: readonly ForeignBalance[], how: ProjectOptions): Promise<void>;
  /** Removes staged keys, and users from the indexes of days for which nothing is staged for them any more; not what somebody has changed since it was found. */
  forget(keys: readonly FoundKey[]): Promise<void>;
}

export interface ProjectOptions {
  /** How long a balance stands in Redis, in seconds, from when it was last written. */
  readonly balanceTtlSeconds: number;
  /** Whether the ledger is newer, whatever version Redis says it has: after a restore of the database. */
  readonly isLedgerNewer?: boolean;
}

/** Times that what others stage meanwhile, or a newer version, is looked at again. */
const looks = 5;

/** The projections of a ledger in a store of keys. */
export function projectionStore(database: Database, keyStore: KeyStore, takeStaged: StagedTaker): ProjectionStore {
  /** Answers of the script by user, for those whose projection was not written. */
  const write = async (
    projections: readonly Projection[],
    taken: readonly ForeignBalance[],
    ttlSeconds: number,
  ): Promise<readonly Refusal[]> => {
    const ofUser = Map.groupBy(taken, ({ userId }) => userId);
    const replies = await keyStore.runScript(
      projectScript,
      projections.map(({ userId, version, balanceMinor, staged }) => ({
        keys: [projectionKey(userId), daysKey],
        args: [
          ...[userId, version, balanceMinor, ttlSeconds, staged.length],
          ...staged.flatMap((one) => [one.day, one.balanceMinor]),
          ...(ofUser.get(userId) ?? []).flatMap(({ day, value }) => [day, value]),
        ],
      })),
    );
    return projections.flatMap(({ userId }, place) => refusalOf(userId, replies[place] as readonly Buffer[]));
  };

  return {
    foreign: async (keys) => {
      const byUser = [...Map.groupBy(keys, ({ userId }) => userId)];
      const calls = byUser.map(([userId, its]) => ({ keys: [projectionKey(userId)], args: [userId, ...its.map(({ day }) => day)] }));
      const replies = await keyStore.runScript(foreignScript, calls);
      return byUser.flatMap(([userId], place) => foreignOf(userId, replies[place] as readonly Buffer[]));
    },

    project: async (userIds, taken, { balanceTtlSeconds, isLedgerNewer = false }) => {
      let left = [...new Set(userIds)];
      const known = [...taken];
      for (let look = 0; left.length > 0; look += 1) {
        if (look === looks) throw new WeirError('conflict', 'Staged balances are overwritten by another program again and again.');
        const refusals = await write(await readProjections(database, left), known, balanceTtlSeconds);
        const foreign = refusals.flatMap((refusal) => refusal.foreign);
        const newer = isLedgerNewer ? refusals.flatMap(({ userId, version }) => (version === undefined ? [] : [{ userId, version }])) : [];
        if (foreign.length > 0) await takeOver(database, takeStaged, foreign);
        if (newer.length > 0) await raiseVersionsAbove(database, newer);
        known.push(...foreign);
        left = [...new Set([...foreign, ...newer].map(({ userId }) => userId))];
      }
    },

    forget: async (keys) => {
      const calls = keys.map(({ userId, day, value = '' }) => ({ keys: [daysKey], args: [userId, day, value] }));
      await keyStore.runScript(forgetScript, calls);
    },
  };
}

/** Why a projection was not written. */
interface Refusal {
  readonly userId: bigint;
  /** The newer version that stands there. */
  readonly version: bigint | undefined;
  readonly foreign: readonly ForeignBalance[];
}

function refusalOf(userId: bigint, [code, ...rest]: readonly Buffer[]): readonly Refusal[] {
  const said = String(code);
  if (said === '0') return [];
  if (said === '-1') return [{ userId, version: undefined, foreign: foreignOf(userId, rest) }];
  return [{ userId, version: BigInt(said), foreign: [] }];
}

function foreignOf(userId: bigint, flat: readonly Buffer[]): readonly ForeignBalance[] {
  const found: ForeignBalance[] = [];
  for (let place = 0; place + 1 < flat.length; place += 2) {
    found.push({ userId, day: String(flat[place]), value: flat[place + 1] as Buffer });
  }
  return found;
}

function takeOver(database: Database, takeStaged: StagedTaker, foreign: readonly ForeignBalance[]): Promise<void> {
  return database.withTransaction(async (transaction) => {
    await lockAccounts(transaction, [...new Set(foreign.map(({ userId }) => userId))]);
    await takeStaged(transaction, foreign);
  });
}
