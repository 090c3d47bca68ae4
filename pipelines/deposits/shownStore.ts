import type { KeyStore } from '../../src/connectors/keyStore.ts';
import { kindOf } from '../../src/errors.ts';
import type { Projection } from './balanceStore.ts';
import { shownScript } from './projectionScripts.ts';
import { runOverUsers, type UserArguments } from './runOverUsers.ts';

/** What Redis shows of a user, as of one moment: texts of at most a kilobyte; of what is no string its type in brackets. */
export interface Shown {
  /** Of the ledger, when we last wrote there; undefined where that is not known. */
  readonly version: bigint | undefined;
  readonly balance: string | undefined;
  /** One for each staged day. */
  readonly staged: readonly (string | undefined)[];
}

/** What Redis shows of each of these users; undefined where it does not answer, since the ledger is looked at all the same. */
export async function readShown(
  keyStore: Pick<KeyStore, 'runScript'>,
  projections: readonly Projection[],
): Promise<readonly Shown[] | undefined> {
  const users = projections.map(({ userId, staged }): UserArguments => [userId, staged.length, ...staged.map(({ day }) => day)]);
  const replies = await runOverUsers(keyStore, shownScript, users).catch((error: unknown) => {
    if (kindOf(error) === 'transient') return undefined;
    throw error;
  });
  if (replies === undefined) return undefined;
  const texts = (replies.flat() as readonly (Buffer | null)[]).map((value) => value?.toString('latin1'));
  let from = 0;
  return projections.map(({ staged }) => {
    const [version, balance, ...days] = texts.slice(from, (from += 2 + staged.length));
    return { version: /^\d{1,18}$/.test(version ?? '') ? BigInt(version ?? '') : undefined, balance, staged: days };
  });
}
