import type { KeyStore } from '../../src/connectors/keyStore.ts';
import { kindOf } from '../../src/errors.ts';
import type { Projection } from './balanceStore.ts';
import { balanceKey, stagedKey } from './stagedKey.ts';

/** What stands in Redis of a user: the balance, then one for each staged day; undefined where nothing does, or no string. */
export type Shown = readonly (string | undefined)[];

/** What stands in Redis of each of these users; nothing where Redis does not answer, since the ledger is looked at all the same. */
export async function readShown(
  keyStore: Pick<KeyStore, 'run'>,
  projections: readonly Projection[],
): Promise<readonly Shown[] | undefined> {
  const keys = projections.map(({ userId, staged }) => [balanceKey(userId), ...staged.map(({ day }) => stagedKey({ userId, day }))]);
  const replies = await keyStore.run([['MGET', ...keys.flat()]]).catch((error: unknown) => {
    if (kindOf(error) === 'transient') return undefined;
    throw error;
  });
  if (replies === undefined) return undefined;
  const texts = (replies[0] as readonly (Buffer | null)[]).map((value) => value?.toString('latin1'));
  let from = 0;
  return keys.map((its) => texts.slice(from, (from += its.length)));
}
