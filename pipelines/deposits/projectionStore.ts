import type { Database } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import { WeirError } from '../../src/errors.ts';
import { raiseVersionsAbove, readProjections, type Projection } from './balanceStore.ts';
import { lockAccounts } from './ledgerStore.ts';
import { foreignScript, forgetScript, projectScript } from './projectionScripts.ts';
import { runOverUsers, type UserArguments } from './runOverUsers.ts';
import type { StagedKey } from './stagedKey.ts';
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
   * keys that have had their day are unlinked. A version that is newer than what was read stays, and one that is newer than the ledger, which
   * was restored then, is overtaken. `found`: staged keys, with what other programs had written there
   * and the ledger knows of by now; where nothing is staged any more they go, with their users in the index of the day, but not what somebody
   * has changed since. What others stage meanwhile is taken over as well.
   */
  project(userIds: readonly bigint[], found: readonly FoundKey[], how: ProjectOptions): Promise<void>;
}

export interface ProjectOptions {
  /** How long a balance stands in Redis, in seconds, from when it was last written. */
  readonly balanceTtlSeconds: number;
}

/** Times that what others stage meanwhile, or a newer version, is looked at again. */
const looks = 10;

/** The projections of a ledger in a store of keys. */
export function projectionStore(database: Database, keyStore: Pick<KeyStore, 'runScript'>, takeStaged: StagedTaker): ProjectionStore {
  /** Those whose projection was not written, with why. */
  const write = async (projections: readonly Projection[], found: FoundByUser, ttlSeconds: number): Promise<readonly Refusal[]> => {
    const users = projections.map(({ userId, version, balanceMinor, staged }): UserArguments => {
      const its = found.get(userId) ?? [];
      const args: UserArguments[number][] = [userId, version, balanceMinor, staged.length, its.length];
      for (const one of staged) args.push(one.day, one.balanceMinor);
      for (const { day, value = '' } of its) args.push(day, value);
      return args;
    });
    const replies = await runOverUsers(keyStore, projectScript, users, [ttlSeconds]);
    return replies.flat().map((reply) => refusalOf(reply as readonly Buffer[]));
  };

  /** Removes keys of users whose projection was not written: they have no account. */
  const forget = async (keys: readonly FoundKey[]): Promise<void> => {
    const users = keys.map(({ userId, day, value = '' }): UserArguments => [userId, day, value]);
    await runOverUsers(keyStore, forgetScript, users);
  };

  return {
    foreign: async (keys) => {
      const byUser = Map.groupBy(keys, ({ userId }) => userId);
      const users = [...byUser].map(([userId, its]): UserArguments => [userId, its.length, ...its.map(({ day }) => day)]);
      const found: ForeignBalance[] = [];
      for (const reply of (await runOverUsers(keyStore, foreignScript, users)) as readonly (readonly Buffer[])[]) {
        for (let place = 0; place + 2 < reply.length; place += 3) {
          found.push({ userId: BigInt(String(reply[place])), day: String(reply[place + 1]), value: reply[place + 2] as Buffer });
        }
      }
      return found;
    },

    project: async (userIds, found, { balanceTtlSeconds }) => {
      const left = new Set(userIds);
      const known = Map.groupBy(found, ({ userId }) => userId);
      const written = new Set<bigint>();
      for (let look = 0; left.size > 0; look += 1) {
        if (look === looks) throw new WeirError('conflict', 'Staged balances are overwritten by another program again and again.');
        const projections = await readProjections(database, [...left]);
        const refusals = await write(projections, known, balanceTtlSeconds);
        for (const { userId } of projections) written.add(userId);
        left.clear();
        const foreign = refusals.flatMap((refusal) => refusal.foreign);
        const newer = refusals.flatMap(({ userId, version }) => (version === undefined ? [] : [{ userId, version }]));
        for (const { userId } of refusals) written.delete(userId);
        if (foreign.length > 0) await takeOver(database, takeStaged, foreign);
        if (newer.length > 0) await raiseVersionsAbove(database, newer);
        for (const one of foreign) known.set(one.userId, [...(known.get(one.userId) ?? []), one]);
        for (const { userId } of refusals) left.add(userId);
      }
      const others = found.filter(({ userId }) => !written.has(userId));
      if (others.length > 0) await forget(others);
    },
  };
}

type FoundByUser = ReadonlyMap<bigint, readonly FoundKey[]>;

/** Why a projection was not written. */
interface Refusal {
  readonly userId: bigint;
  /** The newer version that stands there. */
  readonly version: bigint | undefined;
  readonly foreign: readonly ForeignBalance[];
}

function refusalOf([user, code, ...rest]: readonly Buffer[]): Refusal {
  const userId = BigInt(String(user));
  const said = String(code);
  if (said !== '-1') return { userId, version: BigInt(said), foreign: [] };
  const foreign: ForeignBalance[] = [];
  for (let place = 0; place + 1 < rest.length; place += 2) {
    foreign.push({ userId, day: String(rest[place]), value: rest[place + 1] as Buffer });
  }
  return { userId, version: undefined, foreign };
}

function takeOver(database: Database, takeStaged: StagedTaker, foreign: readonly ForeignBalance[]): Promise<void> {
  return database.withTransaction(async (transaction) => {
    await lockAccounts(transaction, [...new Set(foreign.map(({ userId }) => userId))]);
    await takeStaged(transaction, foreign);
  });
}
